/** The operations that a newcomer finds in the tabs; the app's tests run each of them. */

export interface Example {
  readonly query: string;
  readonly variables?: string;
}

const ME = `# Who am I? Choose somebody under "Sign in as" first.
query Me {
  me {
    id
    name
    country
    azrBalance
    services(first: 3) {
      nodes {
        title
        priceAzr
      }
    }
  }
}
`;

const SERVICES = `# One query, three subgraphs: the listing, its provider, and who reviewed it.
query Services($first: Int = 5) {
  services(first: $first) {
    totalCount
    nodes {
      id
      title
      priceAzr
      averageRating
      provider {
        name
        country
        rating
      }
      reviews(first: 3) {
        nodes {
          rating
          comment
          author {
            name
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

const COURSES = `# Courses with your own progress; it is null until you enrol.
query Courses {
  courses(first: 5) {
    nodes {
      id
      title
      instructor {
        name
      }
      lessons {
        title
      }
      progress {
        percent
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
    ... on LoginPayload {
      accessToken
      user {
        id
        name
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
  { query: SERVICES, variables: `{ "first": 5 }` },
  { query: COURSES },
  { query: LIVE_STATS },
  {
    query: LOGIN,
    variables: JSON.stringify({ input: { email: "you@example.com", password: "" } }, null, 2),
  },
];
