-- Lists and gauges over a million files: an index for each order in which they are asked for.

-- Lists by limit, whole and of what is awaited.
DROP INDEX consultation_open_by_region;
CREATE INDEX consultation_by_due_id ON consultation (due, id);
CREATE INDEX consultation_open_by_due ON consultation (due, id)
    WHERE status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed');
CREATE INDEX consultation_waiting ON consultation (agency) WHERE waiting;
CREATE INDEX fee_waiting ON fee (order_id) WHERE waiting;
DROP INDEX file_open_by_due;
CREATE INDEX file_open_by_due ON file (due, id) WHERE decided_at IS NULL AND withdrawn_at IS NULL;
CREATE INDEX file_by_silence ON file (filed, id)
    WHERE silence_is_approval AND (right_acquired_at IS NOT NULL OR (decided_at IS NULL AND withdrawn_at IS NULL));
-- What was paid or closed today, whatever it was.
DROP INDEX fee_by_settled;
CREATE INDEX fee_by_settled ON fee (settled_at);

-- Nothing is counted by region any more (0060); lists are asked for by status, newest first, and by the day of filing.
DROP INDEX file_by_region;
CREATE INDEX file_by_status ON file (status, registered_at, id);
CREATE INDEX file_by_filed ON file (filed);
-- The few on which silence gave the right, and those that are late, newest first.
CREATE INDEX file_by_right ON file (filed, id) WHERE right_acquired_at IS NOT NULL;
