"""What clients send about movements."""

import strawberry

from resolvers.tokens.queries import TransactionFilter as StoredFilter
from subgraphs.shared.connections import given
from subgraphs.tokens.enums import TransactionStatus, TransactionType


@strawberry.input(description="Which movements to list. What is left out does not filter.")
class TransactionFilter:
    """Conditions on movements."""

    type: TransactionType | None = strawberry.field(
        default=strawberry.UNSET, description="Movements of this type."
    )
    status: TransactionStatus | None = strawberry.field(
        default=strawberry.UNSET, description="Movements that have come this far."
    )

    def stored(self) -> StoredFilter:
        return StoredFilter(type=given(self.type), status=given(self.status))
