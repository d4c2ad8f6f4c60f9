SELECT
  "t11"."profile_id"
FROM (
  SELECT
    "t10"."profile_id",
    SUM("t10"."n") AS "measure"
  FROM (
    SELECT
      "t9"."n",
      "t9"."profile_id"
    FROM (
      SELECT
        "t8"."identity_id",
        "t8"."n",
        "t3"."who_id",
        "t3"."profile_id"
      FROM (
        SELECT
          "t6"."identity_id",
          COUNT(*) AS "n"
        FROM (
          SELECT
            "t5"."identity_id"
          FROM (
            SELECT
              *
            FROM (
              SELECT
                *
              FROM "every_event" AS "t1"
              WHERE
                "t1"."name" = 'Order Completed'
            ) AS "t4"
            WHERE
              COALESCE(TRY_CAST("t4"."properties" ->> '$.total' AS DOUBLE) >= 10, FALSE)
          ) AS "t5"
          WHERE
            "t5"."at" <= MAKE_TIMESTAMP(2026, 11, 24, 10, 0, 0.0)
            AND "t5"."at" > MAKE_TIMESTAMP(2026, 5, 28, 10, 0, 0.0)
        ) AS "t6"
        GROUP BY
          1
      ) AS "t8"
      INNER JOIN (
        SELECT
          "t0"."identity_id" AS "who_id",
          "t0"."profile_id"
        FROM "identity_profile" AS "t0"
      ) AS "t3"
        ON "t8"."identity_id" = "t3"."who_id"
    ) AS "t9"
  ) AS "t10"
  GROUP BY
    1
) AS "t11"
WHERE
  COALESCE("t11"."measure" >= 2, FALSE)
