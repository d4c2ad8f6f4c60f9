SELECT
  `t8`.`profile_id`
FROM (
  SELECT
    `t7`.`profile_id`,
    COUNT(DISTINCT `t7`.`value`) AS `measure`
  FROM (
    SELECT
      `t6`.`at`,
      `t6`.`tie`,
      `t6`.`value`,
      `t6`.`profile_id`
    FROM (
      SELECT
        `t5`.`identity_id`,
        `t5`.`at`,
        `t5`.`tie`,
        `t5`.`value`,
        `t3`.`who_id`,
        `t3`.`profile_id`
      FROM (
        SELECT
          `t0`.`identity_id`,
          `t0`.`at`,
          `t0`.`record_key` AS `tie`,
          CAST(`t0`.`at` AS DATE) AS `value`
        FROM `orders` AS `t0`
        WHERE
          `t0`.`until_batch` IS NULL
          AND `t0`.`identity_id` IS NOT NULL
          AND NOT (
            COALESCE(`t0`.`kind` = 'return', FALSE)
          )
          AND COALESCE(`t0`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP), TRUE)
          AND CAST(`t0`.`at` AS DATE) IS NOT NULL
      ) AS `t5`
      INNER JOIN (
        SELECT
          `t1`.`identity_id` AS `who_id`,
          `t1`.`profile_id`
        FROM `identity_profile` AS `t1`
      ) AS `t3`
        ON `t5`.`identity_id` = `t3`.`who_id`
    ) AS `t6`
  ) AS `t7`
  GROUP BY
    1
) AS `t8`
WHERE
  COALESCE(`t8`.`measure` >= 3, FALSE)
