-- Up to where a tenant's cells are closed: their sums stand for good, whatever becomes of the rows below them. Retention closes cells before it deletes their calls,
-- so that no rebuild ever sums up what is left of a cell. A line stays for each step, because rows go only some time after their cells were closed.
CREATE TABLE IF NOT EXISTS closed_cells
(
    tenant_id UUID,
    closed_until DateTime('UTC'),
    closed_at DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC')
)
ENGINE = MergeTree
ORDER BY (tenant_id, closed_until);
