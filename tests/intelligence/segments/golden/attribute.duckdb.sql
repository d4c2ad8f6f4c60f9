SELECT
  "t0"."profile_id"
FROM "profile" AS "t0"
WHERE
  NOT (
    NOT (
      COALESCE("t0"."city" = 'Utrecht', FALSE)
    )
  )
