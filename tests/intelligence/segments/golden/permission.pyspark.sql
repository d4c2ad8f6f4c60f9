SELECT
  `t24`.`profile_id`
FROM (
  SELECT
    `t23`.`profile_id`,
    BOOL_OR(`t23`.`against`) AS `against`
  FROM (
    SELECT
      *
    FROM (
      SELECT
        `t21`.`against`,
        `t21`.`profile_id`
      FROM (
        SELECT
          `t18`.`identity_id`,
          `t18`.`against`,
          `t5`.`who_id`,
          `t5`.`profile_id`
        FROM (
          SELECT
            `t14`.`identity_id`,
            (
              `t14`.`no` IS NOT NULL
            ) AND COALESCE(`t14`.`no` >= `t14`.`yes`, TRUE) AS `against`
          FROM (
            SELECT
              `t8`.`identity_id`,
              MAX(IF(NOT (
                `t8`.`against`
              ), `t8`.`at`, NULL)) AS `yes`,
              MAX(IF(`t8`.`against`, `t8`.`at`, NULL)) AS `no`
            FROM (
              SELECT
                `t1`.`identity_id`,
                `t1`.`at`,
                `t1`.`choice` = 'no' AS `against`
              FROM `consent` AS `t1`
              WHERE
                `t1`.`purpose` = 'events'
                AND COALESCE(`t1`.`channel`, '') IN ('email', '')
                AND COALESCE(`t1`.`title`, '') IN ('', '')
                AND `t1`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
                AND `t1`.`choice` IN ('yes', 'no')
            ) AS `t8`
            GROUP BY
              1
          ) AS `t14`
        ) AS `t18`
        INNER JOIN (
          SELECT
            `t0`.`identity_id` AS `who_id`,
            `t0`.`profile_id`
          FROM `identity_profile` AS `t0`
        ) AS `t5`
          ON `t18`.`identity_id` = `t5`.`who_id`
      ) AS `t21`
    ) AS `t22`
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        FALSE AS `against`,
        `t19`.`profile_id`
      FROM (
        SELECT
          `t16`.`identity_id`,
          `t5`.`who_id`,
          `t5`.`profile_id`
        FROM (
          SELECT DISTINCT
            *
          FROM (
            SELECT
              *
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  `t2`.`identity_id`
                FROM `orders` AS `t2`
                WHERE
                  `t2`.`until_batch` IS NULL
                  AND `t2`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
                  AND `t2`.`amount_micros` > 0
                  AND `t2`.`status` <> 'open'
                  AND `t2`.`status` <> 'unpaid'
                  AND `t2`.`status` <> 'cancelled'
                  AND `t2`.`status` <> 'refunded'
                  AND `t2`.`status` <> 'trial'
                  AND `t2`.`status` <> 'gift'
                  AND `t2`.`status` <> 'return'
                  AND `t2`.`kind` <> 'open'
                  AND `t2`.`kind` <> 'unpaid'
                  AND `t2`.`kind` <> 'cancelled'
                  AND `t2`.`kind` <> 'refunded'
                  AND `t2`.`kind` <> 'trial'
                  AND `t2`.`kind` <> 'gift'
                  AND `t2`.`kind` <> 'return'
              ) AS `t6`
              UNION ALL
              SELECT
                *
              FROM (
                SELECT
                  `t2`.`identity_id`
                FROM `orders` AS `t2`
                WHERE
                  `t2`.`until_batch` IS NULL
                  AND `t2`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
                  AND `t2`.`amount_micros` > 0
                  AND (
                    (
                      `t2`.`status` IS NULL
                    ) OR (
                      `t2`.`kind` IS NULL
                    )
                  )
                  AND NOT (
                    COALESCE(
                      `t2`.`status` IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return'),
                      FALSE
                    )
                  )
                  AND NOT (
                    COALESCE(
                      `t2`.`kind` IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return'),
                      FALSE
                    )
                  )
              ) AS `t9`
            ) AS `t11`
            UNION ALL
            SELECT
              *
            FROM (
              SELECT
                *
              FROM (
                SELECT
                  `t3`.`identity_id`
                FROM `subscription` AS `t3`
                WHERE
                  `t3`.`until_batch` IS NULL
                  AND `t3`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
                  AND `t3`.`amount_micros` > 0
                  AND `t3`.`status` <> 'open'
                  AND `t3`.`status` <> 'unpaid'
                  AND `t3`.`status` <> 'cancelled'
                  AND `t3`.`status` <> 'refunded'
                  AND `t3`.`status` <> 'trial'
                  AND `t3`.`status` <> 'gift'
                  AND `t3`.`status` <> 'return'
                  AND `t3`.`kind` <> 'open'
                  AND `t3`.`kind` <> 'unpaid'
                  AND `t3`.`kind` <> 'cancelled'
                  AND `t3`.`kind` <> 'refunded'
                  AND `t3`.`kind` <> 'trial'
                  AND `t3`.`kind` <> 'gift'
                  AND `t3`.`kind` <> 'return'
              ) AS `t7`
              UNION ALL
              SELECT
                *
              FROM (
                SELECT
                  `t3`.`identity_id`
                FROM `subscription` AS `t3`
                WHERE
                  `t3`.`until_batch` IS NULL
                  AND `t3`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
                  AND `t3`.`amount_micros` > 0
                  AND (
                    (
                      `t3`.`status` IS NULL
                    ) OR (
                      `t3`.`kind` IS NULL
                    )
                  )
                  AND NOT (
                    COALESCE(
                      `t3`.`status` IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return'),
                      FALSE
                    )
                  )
                  AND NOT (
                    COALESCE(
                      `t3`.`kind` IN ('open', 'unpaid', 'cancelled', 'refunded', 'trial', 'gift', 'return'),
                      FALSE
                    )
                  )
              ) AS `t10`
            ) AS `t12`
          ) AS `t13`
        ) AS `t16`
        INNER JOIN (
          SELECT
            `t0`.`identity_id` AS `who_id`,
            `t0`.`profile_id`
          FROM `identity_profile` AS `t0`
        ) AS `t5`
          ON `t16`.`identity_id` = `t5`.`who_id`
      ) AS `t19`
    ) AS `t20`
  ) AS `t23`
  GROUP BY
    1
) AS `t24`
WHERE
  NOT (
    `t24`.`against`
  )
