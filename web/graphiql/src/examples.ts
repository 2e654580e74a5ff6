/** The operations that a newcomer finds in the tabs; tests/web/test_examples.py validates each. */

export interface Example {
  readonly query: string;
  readonly variables?: string;
}

const ME = `# Who am I? Choose somebody under "Sign in as" first.
query Me {
  me {
    id
    fullName
    countryCode
    roles
    azrBalance
    transactions(first: 3) {
      nodes {
        type
        direction
        amount
        createdAt
      }
    }
    enrolments(first: 3) {
      nodes {
        course {
          title
        }
        progress {
          percent
        }
      }
    }
    aiUsage {
      tokensUsed
      freeTokensLeft
      resetsAt
    }
  }
}
`;

const WALLET = `# Your wallet: what it has, how it moved, and a file of one month to download.
query Wallet {
  me {
    wallet {
      balance
      available
      held
      statement(first: 5, filter: { direction: OUT }) {
        nodes {
          type
          amount
          balanceAfter
          memo
          receiptCode
          counterparty {
            fullName
          }
        }
      }
      statementFile(month: "2026-11", format: PDF) {
        url
        expiresAt
      }
    }
  }
}
`;

const PREVIEW_TRANSFER = `# Look at a transfer before it is made; transferTokens takes the same and a key.
query PreviewTransfer($input: PreviewTransferInput!) {
  previewTransfer(input: $input) {
    __typename
    ... on TransferPreview {
      recipient {
        fullName
        handle
      }
      amount
      balanceAfter
      dayLimitLeft
    }
    ... on UserError {
      code
      message
    }
  }
}
`;

const SERVICES = `# One query, two subgraphs: the service, its provider, and who reviewed it.
query Services($first: Int = 5) {
  services(first: $first, sort: RATING) {
    totalCount
    nodes {
      id
      name
      priceAzr
      averageRating
      provider {
        fullName
        countryCode
        rating
      }
      reviews(first: 3) {
        nodes {
          rating
          comment
          author {
            fullName
          }
        }
      }
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
`;

const PUBLISH = `# A draft goes on offer for 10 AZR. Its id is in: { me { listings(state: DRAFT) { nodes { id } } } }
mutation Publish($input: PublishServiceInput!) {
  publishService(input: $input) {
    __typename
    ... on PublishServicePayload {
      isReplay
      service {
        name
        state
        availableActions
      }
    }
    ... on InsufficientFundsError {
      available
      required
    }
    ... on UserError {
      code
      message
      field
    }
  }
}
`;

const COURSES = `# Courses with your own progress; it is null until you enrol.
query Courses {
  courses(first: 5) {
    nodes {
      id
      title
      instructor {
        fullName
      }
      lessons(first: 3) {
        totalCount
        nodes {
          position
          title
          isCompleted
        }
      }
      progress {
        percent
        nextLesson {
          title
        }
      }
    }
  }
}
`;

const LIVE_STATS = `# Pushed over a WebSocket: the current value first, then at most one a second.
subscription LiveStats {
  liveStats {
    users
    services
    courses
    azrMovedToday
    onlineNow
  }
}
`;

const LOGIN = `# What an app does to sign in; the refresh token comes as a cookie.
mutation Login($input: LoginInput!) {
  login(input: $input) {
    __typename
    ... on SignInPayload {
      accessToken
      accessTokenExpiresAt
      user {
        id
        fullName
      }
    }
    ... on UserError {
      code
      message
      field
    }
  }
}
`;

export const EXAMPLES: readonly Example[] = [
  { query: ME },
  { query: WALLET },
  {
    query: PREVIEW_TRANSFER,
    variables: JSON.stringify({ input: { to: { email: "you@example.com" }, amount: "2.5" } }, null, 2),
  },
  { query: SERVICES, variables: `{ "first": 5 }` },
  {
    query: PUBLISH,
    variables: JSON.stringify({ input: { id: "svc_", idempotencyKey: "a-new-one-each" } }, null, 2),
  },
  { query: COURSES },
  { query: LIVE_STATS },
  {
    query: LOGIN,
    variables: JSON.stringify({ input: { email: "you@example.com", password: "" } }, null, 2),
  },
];
