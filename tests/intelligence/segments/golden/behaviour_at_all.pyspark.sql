SELECT
  `t6`.`profile_id`
FROM (
  SELECT
    `t5`.`identity_id`,
    `t4`.`who_id`,
    `t4`.`profile_id`
  FROM (
    SELECT DISTINCT
      `t0`.`identity_id`
    FROM `every_event` AS `t0`
    WHERE
      `t0`.`name` = 'Email Sent'
      AND `t0`.`at` <= CAST('2026-11-24T10:00:00' AS TIMESTAMP)
      AND `t0`.`at` > CAST('2026-11-17T10:00:00' AS TIMESTAMP)
  ) AS `t5`
  INNER JOIN (
    SELECT
      `t1`.`identity_id` AS `who_id`,
      `t1`.`profile_id`
    FROM `identity_profile` AS `t1`
  ) AS `t4`
    ON `t5`.`identity_id` = `t4`.`who_id`
) AS `t6`
