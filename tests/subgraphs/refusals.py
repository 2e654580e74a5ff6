"""What tests ask of refusals, and of people who may not do what they try."""

from core.ids import new_id
from graph.engine import RequestRejected
from services.auth.viewer import Viewer

# What every refusal has, asked of a mutation's result.
REFUSAL = """... on UserError { code message field }
    ... on InvalidInputError { faults { field message } }"""
# Somebody whose access token is valid still, and whose account is not there any more.
GONE = Viewer(user_id=new_id(), session_id=new_id(), roles=frozenset({"learner"}))


async def codes(ask, document, viewer=Viewer.ANONYMOUS, **variables):
    """The codes of the errors that an operation that writes nothing answers with."""
    try:
        errors = (await ask(document, viewer, **variables)).errors
    except RequestRejected as rejected:
        errors = rejected.errors
    return {error["extensions"]["code"] for error in errors}
