SELECT
  "t6"."profile_id"
FROM (
  SELECT
    "t5"."identity_id",
    "t3"."who_id",
    "t3"."profile_id"
  FROM (
    SELECT DISTINCT
      "t0"."identity_id"
    FROM "ticket" AS "t0"
    WHERE
      "t0"."until_batch" IS NULL
      AND "t0"."identity_id" IS NOT NULL
      AND COALESCE("t0"."at" <= MAKE_TIMESTAMP(2026, 11, 24, 10, 0, 0.0), TRUE)
      AND COALESCE("t0"."kind" = 'complaint', FALSE)
      AND COALESCE("t0"."status" = 'open', FALSE)
  ) AS "t5"
  INNER JOIN (
    SELECT
      "t1"."identity_id" AS "who_id",
      "t1"."profile_id"
    FROM "identity_profile" AS "t1"
  ) AS "t3"
    ON "t5"."identity_id" = "t3"."who_id"
) AS "t6"
