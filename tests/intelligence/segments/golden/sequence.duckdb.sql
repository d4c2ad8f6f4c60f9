WITH "t8" AS (
  SELECT
    "t7"."identity_id",
    "t7"."at",
    "t7"."begins",
    "t5"."who_id",
    "t5"."profile_id"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t0"."identity_id",
        "t0"."at",
        TRUE AS "begins"
      FROM "every_event" AS "t0"
      WHERE
        "t0"."name" = 'Workshop Registration Started'
        AND "t0"."at" <= MAKE_TIMESTAMP(2026, 11, 24, 10, 0, 0.0)
        AND "t0"."at" > MAKE_TIMESTAMP(2026, 10, 25, 10, 0, 0.0)
        AND "t0"."at" <= MAKE_TIMESTAMP(2026, 11, 23, 10, 0, 0.0)
    ) AS "t3"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        "t0"."identity_id",
        "t0"."at",
        FALSE AS "begins"
      FROM "every_event" AS "t0"
      WHERE
        "t0"."name" = 'Workshop Registration Completed'
        AND "t0"."at" <= MAKE_TIMESTAMP(2026, 11, 24, 10, 0, 0.0)
        AND "t0"."at" > MAKE_TIMESTAMP(2026, 10, 25, 10, 0, 0.0)
    ) AS "t4"
  ) AS "t7"
  INNER JOIN (
    SELECT
      "t1"."identity_id" AS "who_id",
      "t1"."profile_id"
    FROM "identity_profile" AS "t1"
  ) AS "t5"
    ON "t7"."identity_id" = "t5"."who_id"
)
SELECT
  "t12"."profile_id"
FROM (
  SELECT
    "t9"."profile_id",
    "t9"."at" AS "begin",
    "t9"."at" + INTERVAL '86400' SECOND AS "end"
  FROM "t8" AS "t9"
  WHERE
    "t9"."begins"
) AS "t12"
ANTI JOIN (
  SELECT
    "t9"."profile_id" AS "then_id",
    "t9"."at" AS "then_at"
  FROM "t8" AS "t9"
  WHERE
    NOT (
      "t9"."begins"
    )
) AS "t13"
  ON "t12"."profile_id" = "t13"."then_id"
  AND "t13"."then_at" > "t12"."begin"
  AND "t13"."then_at" <= "t12"."end"
