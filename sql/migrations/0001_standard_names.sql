-- Names of 0.1.0 that became standard terms. Column `repaired` of events is `invalid_fields`, table `end_user_quarters`
-- is `end_user_activity`, table `admitted` is `inbox_accepted`, view `rightful_owners` is `current_owners`.
-- apply creates the views again and gives `inbox` and `inbox_accepted`, which store nothing, their new column.
DROP VIEW IF EXISTS events_mv;
DROP VIEW IF EXISTS conversation_facts_mv;
DROP VIEW IF EXISTS session_facts_mv;
DROP VIEW IF EXISTS exchange_facts_mv;
DROP VIEW IF EXISTS end_user_quarters_mv;
DROP VIEW IF EXISTS activity_mv;
DROP VIEW IF EXISTS dead_letter_records_mv;
DROP VIEW IF EXISTS admitted_mv;
RENAME TABLE IF EXISTS admitted TO inbox_accepted;
DROP VIEW IF EXISTS rightful_owners;
DROP VIEW IF EXISTS end_user_quarters_in_range;
ALTER TABLE events RENAME COLUMN IF EXISTS repaired TO invalid_fields;
RENAME TABLE IF EXISTS end_user_quarters TO end_user_activity;
