SELECT
  "t8"."profile_id"
FROM (
  SELECT
    "t7"."profile_id",
    SUM("t7"."value") AS "measure"
  FROM (
    SELECT
      "t6"."at",
      "t6"."tie",
      "t6"."value",
      "t6"."profile_id"
    FROM (
      SELECT
        "t5"."identity_id",
        "t5"."at",
        "t5"."tie",
        "t5"."value",
        "t3"."who_id",
        "t3"."profile_id"
      FROM (
        SELECT
          "t0"."identity_id",
          "t0"."at",
          "t0"."record_key" AS "tie",
          "t0"."amount_micros" AS "value"
        FROM "orders" AS "t0"
        WHERE
          "t0"."until_batch" IS NULL
          AND "t0"."identity_id" IS NOT NULL
          AND NOT (
            COALESCE("t0"."kind" = 'return', FALSE)
          )
          AND COALESCE("t0"."at" <= MAKE_TIMESTAMP(2026, 11, 24, 10, 0, 0.0), TRUE)
          AND "t0"."amount_micros" IS NOT NULL
      ) AS "t5"
      INNER JOIN (
        SELECT
          "t1"."identity_id" AS "who_id",
          "t1"."profile_id"
        FROM "identity_profile" AS "t1"
      ) AS "t3"
        ON "t5"."identity_id" = "t3"."who_id"
    ) AS "t6"
  ) AS "t7"
  GROUP BY
    1
) AS "t8"
WHERE
  COALESCE("t8"."measure" >= 100000000, FALSE)
