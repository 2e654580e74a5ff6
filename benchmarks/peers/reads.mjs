/**
 * The schema and the reads that the two hand-written Node servers share: each read takes the keys
 * of one batch and makes one statement.
 */
import pg from "pg";

export const typeDefs = /* GraphQL */ `
  type Query {
    service(id: ID!): Service
    services(first: Int!, sort: ServiceSort = NEWEST): ServiceConnection!
  }

  enum ServiceSort {
    NEWEST
    PRICE_HIGH_TO_LOW
  }

  type ServiceConnection {
    nodes: [Service!]!
  }

  type Service {
    id: ID!
    name: String!
    category: String
    priceAzr: String
    averageRating: Float
    reviewCount: Int!
    provider: User
    reviews(first: Int!): ReviewConnection!
  }

  type ReviewConnection {
    nodes: [Review!]!
  }

  type Review {
    id: ID!
    rating: Int!
    comment: String!
    author: User
  }

  type User {
    id: ID!
    handle: String
    fullName: String
    countryCode: String
  }
`;

const SERVICE = `
  SELECT id, name, category, price_azr AS "priceAzr", review_count AS "reviewCount",
         CASE WHEN review_count > 0 THEN average_rating::float8 END AS "averageRating",
         provider_id AS "providerId"
    FROM services`;

const ORDERS = {
  NEWEST: "created_at DESC, id DESC",
  PRICE_HIGH_TO_LOW: "price_sort_azr DESC, id DESC",
};

const USERS = `
  SELECT id, handle, full_name AS "fullName", country_code AS "countryCode"
    FROM users
   WHERE id = ANY($1)`;

const REVIEWS = `
  SELECT review.id, review.rating, review.comment, review.author_id AS "authorId",
         review.service_id AS "serviceId"
    FROM unnest($1::uuid[]) AS wanted (service_id)
   CROSS JOIN LATERAL (SELECT *
                         FROM reviews
                        WHERE reviews.service_id = wanted.service_id
                        ORDER BY created_at DESC, id DESC
                        LIMIT $2) AS review`;

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max: Number(process.env.POOL_SIZE),
});

export async function serviceById(id) {
  const { rows } = await pool.query(`${SERVICE} WHERE id = $1`, [id]);
  return rows[0] ?? null;
}

export async function services(first, sort) {
  const text = `${SERVICE} WHERE is_active ORDER BY ${ORDERS[sort]} LIMIT $1`;
  const { rows } = await pool.query(text, [first]);
  return { nodes: rows };
}

/** Users in the order of their ids; null for who is missing. */
export async function usersById(ids) {
  const { rows } = await pool.query(USERS, [ids]);
  const byId = new Map(rows.map((user) => [user.id, user]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** The newest `first` reviews of each service, in the order of the services. */
export async function reviewsOfServices(serviceIds, first) {
  const { rows } = await pool.query(REVIEWS, [serviceIds, first]);
  const byService = new Map(serviceIds.map((id) => [id, []]));
  for (const review of rows) {
    byService.get(review.serviceId).push(review);
  }
  return serviceIds.map((id) => ({ nodes: byService.get(id) }));
}
