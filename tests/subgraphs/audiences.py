"""Who may see each field of the schema. A field that is missing here fails a test.

This table is written by hand, so that what the code declares is compared with what somebody meant.
"""

from collections.abc import Mapping

from subgraphs.shared.access import Audience

EVERYONE, SIGNED_IN = Audience.EVERYONE, Audience.SIGNED_IN
OWNER, ADMINS, SUPPORT = Audience.OWNER, Audience.ADMINS, Audience.SUPPORT

_CONNECTION = "nodes edges pageInfo totalCount"
_EDGE = "cursor node"
_ERROR = "code message field"

AUDIENCES: Mapping[str, Mapping[Audience, str]] = {
    "Query": {
        EVERYONE: (
            "me user users node nodes stats tokenPrice tokenPriceHistory plans service services"
            " serviceFacets categories quoteOrder order course courses"
        ),
        SIGNED_IN: "transactions receipt previewTransfer conversations",
        ADMINS: "adjustments shortfalls auditLog",
        SUPPORT: "disputedOrders",
    },
    "Mutation": {
        EVERYONE: "register login refreshSession logout",
        SIGNED_IN: (
            "updateProfile transferTokens buyTokens subscribe changePlan cancelPlan resumePlan"
            " createService updateService publishService pauseService"
            " resumeService closeService enrol completeLesson"
            " placeOrder acceptOrder declineOrder deliverOrder confirmOrder cancelOrder openDispute"
            " addEvidence resolveDispute refundOrder reviewOrder editReview"
        ),
        ADMINS: (
            "postTokenPrice freezeWallet unfreezeWallet proposeAdjustment proposeAdjustments"
            " approveAdjustment rejectAdjustment proposeSettlement grantPlan"
        ),
    },
    "Subscription": {
        EVERYONE: "liveStats tokenPrice",
        SIGNED_IN: "balanceChanged orderUpdated",
    },
    "PageInfo": {EVERYONE: "hasNextPage hasPreviousPage startCursor endCursor"},
    # users
    "User": {
        EVERYONE: (
            "id handle fullName countryCode language avatarUrl roles createdAt"
            " services rating buyerRating buyerReviews certificatesCount"
        ),
        OWNER: (
            "email timeZone preferences updatedAt wallet azrBalance transactions payments plan"
            " listings"
            " enrolments conversations aiUsage orders sales"
        ),
    },
    "UserConnection": {EVERYONE: _CONNECTION},
    "UserEdge": {EVERYONE: _EDGE},
    "ServiceFacets": {EVERYONE: "categories countries prices ratings"},
    "CategoryFacet": {EVERYONE: "category count"},
    "CountryFacet": {EVERYONE: "country count"},
    "PriceFacet": {EVERYONE: "fromAzr belowAzr count"},
    "RatingFacet": {EVERYONE: "ratingMin count"},
    "Stats": {EVERYONE: "users services courses azrMovedToday onlineNow"},
    "SignInPayload": {
        EVERYONE: "user accessToken accessTokenExpiresAt refreshToken sessionExpiresAt"
    },
    "LogoutPayload": {EVERYONE: "isSignedOut"},
    "UpdateProfilePayload": {SIGNED_IN: "user"},
    "EmailTakenError": {EVERYONE: _ERROR},
    "InvalidCredentialsError": {EVERYONE: _ERROR},
    "SessionEndedError": {EVERYONE: _ERROR},
    "HandleTakenError": {SIGNED_IN: _ERROR},
    # Registering shows it too; the way that the tests go is for people who are signed in.
    "InvalidInputError": {SIGNED_IN: f"{_ERROR} faults"},
    "InputFault": {SIGNED_IN: "field message"},
    # tokens
    "Wallet": {OWNER: "balance available held isFrozen statement receipt statementFile"},
    "StatementFile": {OWNER: "url name expiresAt"},
    "Transaction": {
        OWNER: (
            "id type direction amount currency status createdAt balanceAfter receiptCode memo"
            " counterparty user"
        )
    },
    "TransactionConnection": {OWNER: _CONNECTION},
    "TransactionEdge": {OWNER: _EDGE},
    "TokenPrice": {EVERYONE: "usd postedAt"},
    "TokenPriceConnection": {EVERYONE: _CONNECTION},
    "TokenPriceEdge": {EVERYONE: _EDGE},
    "Adjustment": {
        ADMINS: (
            "id kind amount reason state rejectionReason createdAt decidedAt user proposer decider"
            " shortfall"
        )
    },
    "Shortfall": {ADMINS: "id amount recovered writtenOff left createdAt user payment"},
    "ShortfallConnection": {ADMINS: _CONNECTION},
    "ShortfallEdge": {ADMINS: _EDGE},
    "AdjustmentConnection": {ADMINS: _CONNECTION},
    "AdjustmentEdge": {ADMINS: _EDGE},
    "AuditEvent": {ADMINS: "action subjectId facts requestId createdAt actor"},
    "AuditEventConnection": {ADMINS: _CONNECTION},
    "AuditEventEdge": {ADMINS: _EDGE},
    "PostTokenPricePayload": {ADMINS: "tokenPrice"},
    "FreezeWalletPayload": {ADMINS: "wallet"},
    "ProposeAdjustmentPayload": {ADMINS: "adjustment isReplay"},
    "ProposeAdjustmentsPayload": {ADMINS: "adjustments isReplay"},
    "ApproveAdjustmentPayload": {ADMINS: "adjustment isReplay"},
    "RejectAdjustmentPayload": {ADMINS: "adjustment"},
    "WalletNotFoundError": {ADMINS: _ERROR},
    "AdjustmentNotFoundError": {ADMINS: _ERROR},
    "AdjustmentDecidedError": {ADMINS: f"{_ERROR} state"},
    "AnotherAdminNeededError": {ADMINS: _ERROR},
    "ShortfallNotFoundError": {ADMINS: _ERROR},
    "SettlementTooLargeError": {ADMINS: f"{_ERROR} available required"},
    "TransferPreview": {SIGNED_IN: "recipient amount balanceAfter dayLimit dayLimitLeft resetsAt"},
    "TransferTokensPayload": {SIGNED_IN: "transaction wallet isReplay"},
    "RecipientNotFoundError": {SIGNED_IN: _ERROR},
    "TooManyLookupsError": {SIGNED_IN: f"{_ERROR} retryAt"},
    "TransferLimitError": {SIGNED_IN: f"{_ERROR} limit used resetsAt"},
    "PaymentToOneselfError": {SIGNED_IN: _ERROR},
    "InsufficientFundsError": {SIGNED_IN: f"{_ERROR} available required"},
    # Transfers show these too; the way that the tests go is for admins.
    "AccountFrozenError": {ADMINS: _ERROR},
    "BalanceTooLargeError": {ADMINS: _ERROR},
    "IdempotencyMismatchError": {SIGNED_IN: _ERROR},
    "Payment": {
        OWNER: (
            "id purpose provider state amountUsd returnedUsd amountAzr plan checkoutUrl createdAt"
            " paidAt"
        )
    },
    "PaymentConnection": {OWNER: _CONNECTION},
    "PaymentEdge": {OWNER: _EDGE},
    "BuyTokensPayload": {SIGNED_IN: "payment checkoutUrl isReplay"},
    "PaymentRefusedError": {SIGNED_IN: _ERROR},
    "PaymentProviderUnavailableError": {SIGNED_IN: _ERROR},
    "PlanOffer": {EVERYONE: "plan monthUsd monthAzr entitlements"},
    # The offers show them to everyone; the way that the tests go is the owner's.
    "PlanEntitlements": {OWNER: "transferDayMaxAzr aiDayTokens listingsMax"},
    "CurrentPlan": {
        OWNER: (
            "plan state payWith currentPeriodEnd cancelAtPeriodEnd pendingChange entitlements usage"
        )
    },
    "PlanChange": {OWNER: "plan takesEffectAt"},
    "PlanUsage": {OWNER: "transferredTodayAzr aiTokensToday listings"},
    "SubscribePayload": {SIGNED_IN: "plan payment isReplay"},
    "ChangePlanPayload": {SIGNED_IN: "plan payment isReplay"},
    "CancelPlanPayload": {SIGNED_IN: "plan"},
    "ResumePlanPayload": {SIGNED_IN: "plan"},
    "GrantPlanPayload": {ADMINS: "plan"},
    "PersonNotFoundError": {ADMINS: _ERROR},
    "PlanByAgreementError": {SIGNED_IN: _ERROR},
    "AlreadySubscribedError": {SIGNED_IN: _ERROR},
    "NotSubscribedError": {SIGNED_IN: _ERROR},
    # marketplace
    "Service": {
        EVERYONE: (
            "id name category description priceAzr isActive state availableActions averageRating"
            " reviewCount createdAt updatedAt provider reviews"
        )
    },
    "ServiceConnection": {EVERYONE: _CONNECTION},
    "ServiceEdge": {EVERYONE: _EDGE},
    "Review": {EVERYONE: "id rating comment createdAt editedAt shownAt author service buyer order"},
    "ReviewConnection": {EVERYONE: _CONNECTION},
    "ReviewEdge": {EVERYONE: _EDGE},
    "CreateServicePayload": {SIGNED_IN: "service"},
    "UpdateServicePayload": {SIGNED_IN: "service"},
    "PublishServicePayload": {SIGNED_IN: "service isReplay"},
    "PauseServicePayload": {SIGNED_IN: "service"},
    "ResumeServicePayload": {SIGNED_IN: "service"},
    "CloseServicePayload": {SIGNED_IN: "service"},
    "Category": {EVERYONE: "name serviceCount"},
    "ListingStateError": {SIGNED_IN: f"{_ERROR} state availableActions"},
    "PausedByAdminError": {SIGNED_IN: _ERROR},
    "ListingLimitError": {SIGNED_IN: f"{_ERROR} limit"},
    "ServiceNotFoundError": {SIGNED_IN: _ERROR},
    "NotTheProviderError": {SIGNED_IN: _ERROR},
    "Order": {
        OWNER: (
            "id state availableActions nextDeadline serviceName note priceAzr commissionAzr"
            " sellerReceivesAzr refundedAzr paidOutAt createdAt updatedAt buyer seller service"
            " history evidence reviews receipts"
        )
    },
    "OrderConnection": {OWNER: _CONNECTION},
    "OrderEdge": {OWNER: _EDGE},
    "OrderDeadline": {OWNER: "action at"},
    "OrderEvent": {
        OWNER: "position action party actor fromState toState refundedAzr note createdAt"
    },
    "OrderEventConnection": {OWNER: _CONNECTION},
    "OrderEventEdge": {OWNER: _EDGE},
    "OrderEvidence": {OWNER: "text link author createdAt"},
    "OrderEvidenceConnection": {OWNER: _CONNECTION},
    "OrderEvidenceEdge": {OWNER: _EDGE},
    "OrderQuote": {EVERYONE: "service priceAzr commissionAzr sellerReceivesAzr"},
    "Sales": {OWNER: "earnings orders averageRating reviewCount payouts"},
    "MonthlyEarnings": {OWNER: "month earnedAzr orders"},
    "OrderCount": {OWNER: "state orders"},
    "Payout": {OWNER: "amountAzr paidAt order"},
    "PayoutConnection": {OWNER: _CONNECTION},
    "PayoutEdge": {OWNER: _EDGE},
    "OrderPayload": {SIGNED_IN: "order isReplay"},
    "ReviewPayload": {SIGNED_IN: "review"},
    "OrderNotFoundError": {SIGNED_IN: _ERROR},
    "OrderStateError": {SIGNED_IN: f"{_ERROR} state availableActions"},
    "NotOnOfferError": {SIGNED_IN: _ERROR},
    "PriceChangedError": {SIGNED_IN: f"{_ERROR} priceAzr"},
    "RefundTooLargeError": {SIGNED_IN: f"{_ERROR} available required"},
    "NotReviewableError": {SIGNED_IN: _ERROR},
    "AlreadyReviewedError": {SIGNED_IN: _ERROR},
    "ReviewNotFoundError": {SIGNED_IN: _ERROR},
    "ReviewFixedError": {SIGNED_IN: _ERROR},
    # learning
    "Course": {
        EVERYONE: (
            "id title description subject level language isPublished createdAt updatedAt"
            " instructor lessons progress"
        )
    },
    "CourseConnection": {EVERYONE: _CONNECTION},
    "CourseEdge": {EVERYONE: _EDGE},
    "CourseProgress": {
        OWNER: "lessonsCompleted lessonsTotal percent enrolledAt completedAt nextLesson"
    },
    "Lesson": {EVERYONE: "id position title durationMinutes body course isCompleted"},
    "LessonConnection": {EVERYONE: _CONNECTION},
    "LessonEdge": {EVERYONE: _EDGE},
    "Enrolment": {OWNER: "id learner enrolledAt completedAt course progress"},
    "EnrolmentConnection": {OWNER: _CONNECTION},
    "EnrolmentEdge": {OWNER: _EDGE},
    "EnrolPayload": {SIGNED_IN: "enrolment"},
    "CompleteLessonPayload": {SIGNED_IN: "lesson enrolment"},
    "CourseNotFoundError": {SIGNED_IN: _ERROR},
    "LessonNotFoundError": {SIGNED_IN: _ERROR},
    "NotEnrolledError": {SIGNED_IN: _ERROR},
    # ai
    "Conversation": {OWNER: "id title model tokens cost createdAt owner messages"},
    "ConversationConnection": {OWNER: _CONNECTION},
    "ConversationEdge": {OWNER: _EDGE},
    "Message": {OWNER: "id role content tokens createdAt conversation"},
    "MessageConnection": {OWNER: _CONNECTION},
    "MessageEdge": {OWNER: _EDGE},
    "AiUsage": {OWNER: "day tokensUsed freeTokens freeTokensLeft resetsAt"},
}

# What takes more than one request to come to. The tests of subscriptions, and of commands that the
# ledger refuses, show it.
SHOWN_ELSEWHERE = frozenset({"RefundTooLargeError"})


def types_with_fields_for(audience: Audience) -> list[str]:
    """The types that have fields for `audience`."""
    return [
        name
        for name, fields in AUDIENCES.items()
        if audience in fields and name not in SHOWN_ELSEWHERE
    ]


def fields_for(type_name: str, audience: Audience) -> list[str]:
    """The fields of a type that are for `audience`."""
    return AUDIENCES[type_name][audience].split()
