-- What is open of one commune, in the order in which it falls due: without it, all that the commune ever asked is looked at.
CREATE INDEX consultation_open_of_commune ON consultation (commune, due, id)
    WHERE status IN ('planned', 'sent', 'acknowledged', 'incomplete', 'completed');

-- The row of a file is written about four times within its first days. With room beside it the next version stays on the
-- same page, and none of the indexes is touched where nothing of theirs has changed.
ALTER TABLE file SET (fillfactor = 70);
