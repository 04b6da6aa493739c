-- "My batches that run": the index is enough to count them, and gives them in the order of
-- lists.
CREATE INDEX nekomata_user_index ON metadata (user_name, state);
-- How often batches were deleted: a count that was made before has to be made again.
CREATE TABLE nekomata_deletion (
	times bigint NOT NULL
);
INSERT INTO nekomata_deletion (times) SELECT 0 FROM (SELECT 0 AS times) AS one
	WHERE NOT EXISTS (SELECT 1 FROM nekomata_deletion);
