"""The ways that lead to each type of the schema in the world of `tests.subgraphs.world`.

A way is a document with `%(fields)s` for what is asked of the type, and with names of ids.
"""

from collections.abc import Mapping

from graphql import GraphQLObjectType, GraphQLSchema, get_named_type, is_leaf_type

from tests.subgraphs.world import PASSWORD, PAUSED, RECEIPT_CODE

# Ways to the owner that are open to everyone.
OPEN_WAYS_TO_USER = {
    "user": '{ user(id: "%(owner)s") { %(fields)s } }',
    "users.nodes": '{ users(filter: {search: "%(handle)s"}) { nodes { %(fields)s } } }',
    "users.edges": '{ users(filter: {search: "%(handle)s"}) { edges { node { %(fields)s } } } }',
    "service.provider": '{ service(id: "%(service)s") { provider { %(fields)s } } }',
    "services.provider": "{ services(last: 1) { nodes { provider { %(fields)s } } } }",
    "review.author": (
        '{ service(id: "%(other_service)s") { reviews { nodes { author { %(fields)s } } } } }'
    ),
    "node.author": ('{ node(id: "%(own_review)s") { ... on Review { author { %(fields)s } } } }'),
    "course.instructor": '{ course(id: "%(course)s") { instructor { %(fields)s } } }',
    "lesson.course.instructor": (
        '{ node(id: "%(lesson)s") { ... on Lesson { course { instructor { %(fields)s } } } } }'
    ),
    "node": '{ node(id: "%(owner)s") { ... on User { %(fields)s } } }',
    "nodes": '{ nodes(ids: ["%(owner)s"]) { ... on User { %(fields)s } } }',
}
# Ways to the owner through what only the owner and admins see.
PRIVATE_WAYS_TO_USER = {
    "conversation.owner": (
        '{ node(id: "%(conversation)s") { ... on Conversation { owner { %(fields)s } } } }'
    ),
    "message.conversation.owner": (
        '{ node(id: "%(message)s") { ... on Message { conversation { owner { %(fields)s } } } } }'
    ),
    "transaction.user": (
        '{ node(id: "%(transaction)s") { ... on Transaction { user { %(fields)s } } } }'
    ),
    "enrolment.learner": (
        '{ node(id: "%(enrolment)s") { ... on Enrolment { learner { %(fields)s } } } }'
    ),
}

# What nothing has.
MISSING = "0" * 26
_KEYED = ', idempotencyKey: "of-these-tests"'


def _mutation(call: str, type_name: str) -> str:
    """The way to one member of a mutation's result."""
    return f"mutation {{ {call} {{ ... on {type_name} {{ %(fields)s }} }} }}"


def _place_order(service: str, more: str = "") -> str:
    return f'placeOrder(input: {{serviceId: "{service}"{_KEYED}{more}}})'


def _act(action: str, order: str, more: str = "") -> str:
    return f'{action}(input: {{orderId: "{order}"{more}}})'


def _review_order(order: str) -> str:
    return _act("reviewOrder", order, ', rating: 4, comment: "Good."')


def _edit_review(review: str) -> str:
    return f'editReview(input: {{id: "{review}", rating: 1}})'


def _create_service(name: str) -> str:
    return (
        f'createService(input: {{name: "{name}", category: "Design", description: "Good.",'
        ' priceAzr: "1"})'
    )


def _publish(service: str = "%(draft)s", *, key: str = "publish-1") -> str:
    return f'publishService(input: {{id: "{service}", idempotencyKey: "{key}"}})'


def _resume(service: str) -> str:
    return f'resumeService(input: {{id: "{service}"}})'


def _after(*calls: str) -> str:
    """The last of several calls of a mutation, which goes after the others."""
    *first, last = calls
    begun = " ".join(f"first{place}: {call} {{ __typename }}" for place, call in enumerate(first))
    return f"{begun} {last}"


def _login(password: str) -> str:
    return f'login(input: {{email: "%(email)s", password: "{password}"}})'


def _send(
    *, amount: str = "1", to: str = 'handle: "%(other_handle)s"', key: str = "transfer-1"
) -> str:
    return f'transferTokens(input: {{to: {{{to}}}, amount: "{amount}", idempotencyKey: "{key}"}})'


def _ask_after(number: int) -> str:
    """Try to send to one of many addresses that nobody has."""
    return _send(to=f'email: "nobody{number}@example.com"', key=f"transfer-{number}")


def _propose() -> str:
    return (
        'proposeAdjustment(input: {userId: "%(owner)s", kind: MINT, amount: "5", reason: "Why",'
        ' idempotencyKey: "proposal-1"})'
    )


def _approve(name: str) -> str:
    return f'approveAdjustment(input: {{id: "{name}", idempotencyKey: "approval-1"}})'


def _settle(shortfall: str = "%(shortfall)s") -> str:
    return (
        f'proposeSettlement(input: {{shortfallId: "{shortfall}", kind: RECOVER, amount: "5",'
        ' reason: "Why", idempotencyKey: "settlement-1"})'
    )


def _freeze(user: str = "%(owner)s") -> str:
    return f'freezeWallet(input: {{userId: "{user}", reason: "Why"}})'


_PREVIEW = 'previewTransfer(input: {to: {handle: "%(other_handle)s"}, amount: "1"})'
_FILE = '(month: "2026-11", format: CSV)'
_POST_PRICE = 'postTokenPrice(input: {usd: "0.06", reason: "Why"})'
_PROPOSE_LIST = (
    'proposeAdjustments(input: {csv: "userId,kind,amount,reason\\n%(owner)s,MINT,5,Why",'
    ' idempotencyKey: "proposals-1"})'
)
_REJECT = 'rejectAdjustment(input: {id: "%(other_adjustment)s", reason: "No"})'
_PAUSE = 'pauseService(input: {id: "%(service)s"})'
_CLOSE = 'closeService(input: {id: "%(service)s"})'


def _buy_tokens(provider: str) -> str:
    return (
        f'buyTokens(input: {{amountAzr: "1", provider: {provider}, idempotencyKey: "other-key"}})'
    )


def _subscribe(plan: str, key: str) -> str:
    return (
        f"subscribe(input: {{plan: {plan}, payWith: CARD, provider: LOCAL,"
        f' idempotencyKey: "{key}"}})'
    )


def _grant(user: str = "%(stranger)s") -> str:
    return (
        f'grantPlan(input: {{userId: "{user}", plan: ENTERPRISE, until: "2999-01-01T00:00:00Z",'
        ' reason: "Why"})'
    )


def _change_plan(plan: str) -> str:
    return f'changePlan(input: {{plan: {plan}, idempotencyKey: "other-key"}})'


_REGISTER = f'register(input: {{email: "%(email)s", password: "{PASSWORD}", fullName: "Ama"}})'
_USER = '{ user(id: "%(owner)s") { '
_ORDER = '{ order(id: "%(order)s") { '
_DISPUTED = '{ order(id: "%(disputed_order)s") { '
_CONVERSATION = '{ node(id: "%(conversation)s") { ... on Conversation { '

# One way to each object type of the schema, which the owner may go.
WAYS: Mapping[str, str] = {
    "Query": "{ %(fields)s }",
    "Mutation": "mutation { %(fields)s }",
    "User": OPEN_WAYS_TO_USER["user"],
    "UserConnection": "{ users(first: 1) { %(fields)s } }",
    "UserEdge": "{ users(first: 1) { edges { %(fields)s } } }",
    "PageInfo": "{ users(first: 1) { pageInfo { %(fields)s } } }",
    "Stats": "{ stats { %(fields)s } }",
    "ServiceFacets": "{ serviceFacets { %(fields)s } }",
    "CategoryFacet": "{ serviceFacets { categories { %(fields)s } } }",
    "CountryFacet": "{ serviceFacets { countries { %(fields)s } } }",
    "PriceFacet": "{ serviceFacets { prices { %(fields)s } } }",
    "RatingFacet": "{ serviceFacets { ratings { %(fields)s } } }",
    "TokenPrice": "{ tokenPrice { %(fields)s } }",
    "TokenPriceConnection": "{ tokenPriceHistory { %(fields)s } }",
    "TokenPriceEdge": "{ tokenPriceHistory { edges { %(fields)s } } }",
    "Adjustment": '{ node(id: "%(settlement)s") { ... on Adjustment { %(fields)s } } }',
    "Shortfall": '{ node(id: "%(shortfall)s") { ... on Shortfall { %(fields)s } } }',
    "ShortfallConnection": "{ shortfalls { %(fields)s } }",
    "ShortfallEdge": "{ shortfalls { edges { %(fields)s } } }",
    "AdjustmentConnection": "{ adjustments { %(fields)s } }",
    "AdjustmentEdge": "{ adjustments { edges { %(fields)s } } }",
    "AuditEvent": "{ auditLog { nodes { %(fields)s } } }",
    "AuditEventConnection": "{ auditLog { %(fields)s } }",
    "AuditEventEdge": "{ auditLog { edges { %(fields)s } } }",
    "PostTokenPricePayload": _mutation(_POST_PRICE, "PostTokenPricePayload"),
    "FreezeWalletPayload": _mutation(_freeze(), "FreezeWalletPayload"),
    "ProposeAdjustmentPayload": _mutation(_propose(), "ProposeAdjustmentPayload"),
    "ProposeAdjustmentsPayload": _mutation(_PROPOSE_LIST, "ProposeAdjustmentsPayload"),
    "ApproveAdjustmentPayload": _mutation(_approve("%(adjustment)s"), "ApproveAdjustmentPayload"),
    "RejectAdjustmentPayload": _mutation(_REJECT, "RejectAdjustmentPayload"),
    "WalletNotFoundError": _mutation(_freeze(f"usr_{MISSING}"), "WalletNotFoundError"),
    "AdjustmentNotFoundError": _mutation(_approve(f"adj_{MISSING}"), "AdjustmentNotFoundError"),
    "AdjustmentDecidedError": _mutation(
        _approve("%(rejected_adjustment)s"), "AdjustmentDecidedError"
    ),
    "AnotherAdminNeededError": _mutation(_approve("%(own_adjustment)s"), "AnotherAdminNeededError"),
    "ShortfallNotFoundError": _mutation(_settle(f"sho_{MISSING}"), "ShortfallNotFoundError"),
    "SettlementTooLargeError": _mutation(
        _approve("%(large_settlement)s"), "SettlementTooLargeError"
    ),
    "TransferPreview": f"{{ {_PREVIEW} {{ ... on TransferPreview {{ %(fields)s }} }} }}",
    "TransferTokensPayload": _mutation(_send(), "TransferTokensPayload"),
    "RecipientNotFoundError": _mutation(_ask_after(1), "RecipientNotFoundError"),
    "TooManyLookupsError": (
        "mutation { "
        + " ".join(f"ask{each}: {_ask_after(each)} {{ __typename }}" for each in range(20))
        + f" {_ask_after(20)} {{ ... on TooManyLookupsError {{ %(fields)s }} }} }}"
    ),
    "TransferLimitError": _mutation(_send(amount="5001"), "TransferLimitError"),
    "PaymentToOneselfError": _mutation(_send(to='userId: "%(owner)s"'), "PaymentToOneselfError"),
    "InsufficientFundsError": _mutation(_send(amount="100"), "InsufficientFundsError"),
    "AccountFrozenError": (
        f"mutation {{ {_freeze()} {{ __typename }} {_approve('%(large_burn)s')} {{"
        " ... on AccountFrozenError { %(fields)s } } }"
    ),
    "BalanceTooLargeError": _mutation(_approve("%(large_mint)s"), "BalanceTooLargeError"),
    "IdempotencyMismatchError": (
        f"mutation {{ first: {_send()} {{ __typename }} {_send(amount='2')} {{"
        " ... on IdempotencyMismatchError { %(fields)s } } }"
    ),
    "Service": '{ service(id: "%(service)s") { %(fields)s } }',
    "ServiceConnection": _USER + "services { %(fields)s } } }",
    "ServiceEdge": _USER + "services { edges { %(fields)s } } } }",
    "Review": '{ node(id: "%(review)s") { ... on Review { %(fields)s } } }',
    "ReviewConnection": '{ service(id: "%(service)s") { reviews { %(fields)s } } }',
    "ReviewEdge": '{ service(id: "%(service)s") { reviews { edges { %(fields)s } } } }',
    "Course": '{ course(id: "%(course)s") { %(fields)s } }',
    "CourseConnection": "{ courses(first: 1) { %(fields)s } }",
    "CourseEdge": "{ courses(first: 1) { edges { %(fields)s } } }",
    "CourseProgress": (
        '{ node(id: "%(enrolment)s") { ... on Enrolment { progress { %(fields)s } } } }'
    ),
    "Lesson": '{ node(id: "%(lesson)s") { ... on Lesson { %(fields)s } } }',
    "LessonConnection": '{ course(id: "%(course)s") { lessons { %(fields)s } } }',
    "LessonEdge": '{ course(id: "%(course)s") { lessons(first: 1) { edges { %(fields)s } } } }',
    "Enrolment": '{ node(id: "%(enrolment)s") { ... on Enrolment { %(fields)s } } }',
    "EnrolmentConnection": _USER + "enrolments { %(fields)s } } }",
    "EnrolmentEdge": _USER + "enrolments { edges { %(fields)s } } } }",
    "Wallet": _USER + "wallet { %(fields)s } } }",
    "StatementFile": _USER + f"wallet {{ statementFile{_FILE} {{ %(fields)s }} }} }} }}",
    "Transaction": '{ node(id: "%(transaction)s") { ... on Transaction { %(fields)s } } }',
    "TransactionConnection": _USER + "transactions { %(fields)s } } }",
    "TransactionEdge": _USER + "transactions { edges { %(fields)s } } } }",
    "Conversation": _CONVERSATION + "%(fields)s } } }",
    "ConversationConnection": _USER + "conversations { %(fields)s } } }",
    "ConversationEdge": _USER + "conversations { edges { %(fields)s } } } }",
    "Message": '{ node(id: "%(message)s") { ... on Message { %(fields)s } } }',
    "MessageConnection": _CONVERSATION + "messages { %(fields)s } } } }",
    "MessageEdge": _CONVERSATION + "messages(first: 1) { edges { %(fields)s } } } } }",
    "AiUsage": _USER + "aiUsage { %(fields)s } } }",
    "Payment": '{ node(id: "%(payment)s") { ... on Payment { %(fields)s } } }',
    "PaymentConnection": _USER + "payments { %(fields)s } } }",
    "PaymentEdge": _USER + "payments { edges { %(fields)s } } } }",
    "PlanOffer": "{ plans { %(fields)s } }",
    "PlanEntitlements": _USER + "plan { entitlements { %(fields)s } } } }",
    "CurrentPlan": _USER + "plan { %(fields)s } } }",
    "PlanChange": _USER + "plan { pendingChange { %(fields)s } } } }",
    "PlanUsage": _USER + "plan { usage { %(fields)s } } } }",
    "BuyTokensPayload": _mutation(_buy_tokens("LOCAL"), "BuyTokensPayload"),
    "PaymentRefusedError": _mutation(_buy_tokens("PAYSTACK"), "PaymentRefusedError"),
    "PaymentProviderUnavailableError": _mutation(
        _buy_tokens("STRIPE"), "PaymentProviderUnavailableError"
    ),
    "SubscribePayload": _mutation(_subscribe("STUDENT", "begun-key"), "SubscribePayload"),
    "GrantPlanPayload": _mutation(_grant(), "GrantPlanPayload"),
    "PersonNotFoundError": _mutation(_grant(f"usr_{MISSING}"), "PersonNotFoundError"),
    "PlanByAgreementError": _mutation(
        _subscribe("ENTERPRISE", "other-key"), "PlanByAgreementError"
    ),
    "AlreadySubscribedError": _mutation(
        _subscribe("STUDENT", "other-key"), "AlreadySubscribedError"
    ),
    "ChangePlanPayload": _mutation(_change_plan("STUDENT"), "ChangePlanPayload"),
    "CancelPlanPayload": _mutation("cancelPlan", "CancelPlanPayload"),
    "ResumePlanPayload": _mutation("resumePlan", "ResumePlanPayload"),
    "NotSubscribedError": _mutation("cancelPlan { __typename } resumePlan", "NotSubscribedError"),
    "SignInPayload": _mutation(_login(PASSWORD), "SignInPayload"),
    "LogoutPayload": "mutation { logout { %(fields)s } }",
    "UpdateProfilePayload": _mutation(
        'updateProfile(input: {fullName: "Ama"})', "UpdateProfilePayload"
    ),
    "CreateServicePayload": _mutation(_create_service("Logo"), "CreateServicePayload"),
    "UpdateServicePayload": _mutation(
        'updateService(input: {id: "%(service)s"})', "UpdateServicePayload"
    ),
    "Order": _ORDER + "%(fields)s } }",
    "OrderConnection": _USER + "orders(role: SELLER) { %(fields)s } } }",
    "OrderEdge": _USER + "orders(role: SELLER) { edges { %(fields)s } } } }",
    "OrderDeadline": _ORDER + "nextDeadline { %(fields)s } } }",
    "OrderEvent": _ORDER + "history(first: 1) { nodes { %(fields)s } } } }",
    "OrderEventConnection": _ORDER + "history { %(fields)s } } }",
    "OrderEventEdge": _ORDER + "history { edges { %(fields)s } } } }",
    "OrderEvidence": _DISPUTED + "evidence { nodes { %(fields)s } } } }",
    "OrderEvidenceConnection": _DISPUTED + "evidence { %(fields)s } } }",
    "OrderEvidenceEdge": _DISPUTED + "evidence { edges { %(fields)s } } } }",
    "OrderQuote": '{ quoteOrder(serviceId: "%(service)s") { %(fields)s } }',
    "Sales": _USER + "sales { %(fields)s } } }",
    "MonthlyEarnings": _USER + "sales { earnings { %(fields)s } } } }",
    "OrderCount": _USER + "sales { orders { %(fields)s } } } }",
    "Payout": _USER + "sales { payouts { nodes { %(fields)s } } } } }",
    "PayoutConnection": _USER + "sales { payouts { %(fields)s } } } }",
    "PayoutEdge": _USER + "sales { payouts { edges { %(fields)s } } } } }",
    "OrderPayload": _mutation(_act("acceptOrder", "%(order)s"), "OrderPayload"),
    "ReviewPayload": _mutation(_review_order("%(completed_order)s"), "ReviewPayload"),
    "OrderNotFoundError": _mutation(_act("acceptOrder", f"ord_{MISSING}"), "OrderNotFoundError"),
    "OrderStateError": _mutation(_act("acceptOrder", "%(completed_order)s"), "OrderStateError"),
    "NotOnOfferError": _mutation(_place_order("%(closed_service)s"), "NotOnOfferError"),
    "PriceChangedError": _mutation(
        _place_order("%(other_service)s", ', expectedPriceAzr: "999"'), "PriceChangedError"
    ),
    "NotReviewableError": _mutation(_review_order("%(order)s"), "NotReviewableError"),
    "AlreadyReviewedError": _mutation(_review_order("%(reviewed_order)s"), "AlreadyReviewedError"),
    "ReviewNotFoundError": _mutation(_edit_review(f"rev_{MISSING}"), "ReviewNotFoundError"),
    "ReviewFixedError": _mutation(_edit_review("%(own_review)s"), "ReviewFixedError"),
    "Category": "{ categories { %(fields)s } }",
    "PublishServicePayload": _mutation(_publish(), "PublishServicePayload"),
    "PauseServicePayload": _mutation(_PAUSE, "PauseServicePayload"),
    "ResumeServicePayload": _mutation(_resume("%(paused_0)s"), "ResumeServicePayload"),
    "CloseServicePayload": _mutation(_CLOSE, "CloseServicePayload"),
    "ListingStateError": _mutation(_resume("%(service)s"), "ListingStateError"),
    "PausedByAdminError": _mutation(_resume("%(held_service)s"), "PausedByAdminError"),
    "ListingLimitError": _mutation(
        _after(*(_resume(f"%(paused_{each})s") for each in range(PAUSED)), _publish()),
        "ListingLimitError",
    ),
    "EnrolPayload": _mutation('enrol(input: {courseId: "%(course)s"})', "EnrolPayload"),
    "CompleteLessonPayload": _mutation(
        'completeLesson(input: {lessonId: "%(lesson)s"})', "CompleteLessonPayload"
    ),
    "InvalidInputError": _mutation(_create_service(""), "InvalidInputError"),
    "InputFault": (
        f"mutation {{ {_create_service('')} {{ ... on InvalidInputError {{"
        " faults { %(fields)s } } } }"
    ),
    "EmailTakenError": _mutation(_REGISTER, "EmailTakenError"),
    "InvalidCredentialsError": _mutation(_login("wrong"), "InvalidCredentialsError"),
    "SessionEndedError": _mutation("refreshSession", "SessionEndedError"),
    "HandleTakenError": _mutation(
        'updateProfile(input: {handle: "%(other_handle)s"})', "HandleTakenError"
    ),
    "ServiceNotFoundError": _mutation(_place_order(f"svc_{MISSING}"), "ServiceNotFoundError"),
    "NotTheProviderError": _mutation(
        'updateService(input: {id: "%(other_service)s"})', "NotTheProviderError"
    ),
    "CourseNotFoundError": _mutation(
        f'enrol(input: {{courseId: "crs_{MISSING}"}})', "CourseNotFoundError"
    ),
    "LessonNotFoundError": _mutation(
        f'completeLesson(input: {{lessonId: "les_{MISSING}"}})', "LessonNotFoundError"
    ),
    "NotEnrolledError": _mutation(
        'completeLesson(input: {lessonId: "%(untaken_lesson)s"})', "NotEnrolledError"
    ),
}

# What fields need to be asked at all, by type and name.
ARGUMENTS: Mapping[tuple[str, str], str] = {
    ("Query", "user"): '(id: "%(owner)s")',
    ("Query", "node"): '(id: "%(owner)s")',
    ("Query", "nodes"): '(ids: ["%(owner)s"])',
    ("Query", "service"): '(id: "%(service)s")',
    ("Query", "course"): '(id: "%(course)s")',
    ("Query", "previewTransfer"): _PREVIEW.removeprefix("previewTransfer"),
    ("Mutation", "transferTokens"): _send().removeprefix("transferTokens"),
    ("Query", "receipt"): f'(code: "{RECEIPT_CODE}")',
    ("Wallet", "statementFile"): _FILE,
    ("Wallet", "receipt"): f'(code: "{RECEIPT_CODE}")',
    ("Mutation", "postTokenPrice"): _POST_PRICE.removeprefix("postTokenPrice"),
    ("Mutation", "freezeWallet"): _freeze().removeprefix("freezeWallet"),
    ("Mutation", "unfreezeWallet"): _freeze().removeprefix("freezeWallet"),
    ("Mutation", "proposeAdjustment"): _propose().removeprefix("proposeAdjustment"),
    ("Mutation", "proposeAdjustments"): _PROPOSE_LIST.removeprefix("proposeAdjustments"),
    ("Mutation", "approveAdjustment"): _approve("%(adjustment)s").removeprefix("approveAdjustment"),
    ("Mutation", "proposeSettlement"): _settle().removeprefix("proposeSettlement"),
    ("Mutation", "rejectAdjustment"): _REJECT.removeprefix("rejectAdjustment"),
    ("Mutation", "register"): _REGISTER.removeprefix("register"),
    ("Mutation", "login"): _login(PASSWORD).removeprefix("login"),
    ("Mutation", "updateProfile"): '(input: {fullName: "Ama"})',
    ("Mutation", "createService"): _create_service("Logo").removeprefix("createService"),
    ("Mutation", "updateService"): '(input: {id: "%(service)s"})',
    ("Query", "order"): '(id: "%(order)s")',
    ("Query", "quoteOrder"): '(serviceId: "%(service)s")',
    ("User", "orders"): "(role: SELLER)",
    **{
        ("Mutation", call.partition("(")[0]): f"({call.partition('(')[2]}"
        for call in (
            _place_order("%(dear_service)s"),
            _act("acceptOrder", "%(order)s"),
            _act("declineOrder", "%(completed_order)s", _KEYED),
            _act("deliverOrder", "%(order)s"),
            _act("confirmOrder", "%(order)s", _KEYED),
            _act("cancelOrder", "%(completed_order)s", _KEYED),
            _act("openDispute", "%(order)s", ', reason: "Late."'),
            _act("addEvidence", "%(disputed_order)s", ', evidence: [{text: "Look."}]'),
            _act("resolveDispute", "%(order)s", f', refundAzr: "1", reason: "Seen."{_KEYED}'),
            _act("refundOrder", "%(order)s", f', amountAzr: "1"{_KEYED}'),
            _review_order("%(completed_order)s"),
            _edit_review("%(own_review)s"),
        )
    },
    ("Mutation", "publishService"): _publish().removeprefix("publishService"),
    ("Mutation", "pauseService"): _PAUSE.removeprefix("pauseService"),
    ("Mutation", "resumeService"): _resume("%(paused_0)s").removeprefix("resumeService"),
    ("Mutation", "closeService"): _CLOSE.removeprefix("closeService"),
    ("Mutation", "buyTokens"): _buy_tokens("LOCAL").removeprefix("buyTokens"),
    ("Mutation", "subscribe"): _subscribe("STUDENT", "begun-key").removeprefix("subscribe"),
    ("Mutation", "grantPlan"): _grant().removeprefix("grantPlan"),
    ("Mutation", "changePlan"): _change_plan("STUDENT").removeprefix("changePlan"),
    ("Mutation", "enrol"): '(input: {courseId: "%(course)s"})',
    ("Mutation", "completeLesson"): '(input: {lessonId: "%(lesson)s"})',
}


def object_types(schema: GraphQLSchema) -> dict[str, GraphQLObjectType]:
    """The object types of a schema by name, without the specification's own."""
    return {
        name: type_
        for name, type_ in schema.type_map.items()
        if isinstance(type_, GraphQLObjectType) and not name.startswith("__")
    }


def asked(type_: GraphQLObjectType, field: str) -> str:
    """The selection of one field with what it needs, and nothing of what it leads to."""
    inside = "" if is_leaf_type(get_named_type(type_.fields[field].type)) else " { __typename }"
    return f"{field}{ARGUMENTS.get((type_.name, field), '')}{inside}"
