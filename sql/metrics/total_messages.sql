-- One row: messages by message time, also split by sender. `system` messages, actions and other events do not count.
-- Reads activity_in_range.
CREATE OR REPLACE VIEW total_messages
AS SELECT
    sum(activity.end_user_messages + activity.agent_messages) AS messages,
    sum(activity.end_user_messages) AS end_user_messages,
    sum(activity.agent_messages) AS agent_messages
FROM activity_in_range(
    agent_id = {agent_id:String}, environment = {environment:String},
    since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')}, time_zone = {time_zone:String}
) AS activity
COMMENT 'Messages in the range, split by sender';
