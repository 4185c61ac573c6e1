-- A table of 400,000 rows: insertion, an index, a join, grouping.
-- SPDX-License-Identifier: Apache-2.0
PRAGMA temp_store = MEMORY;
CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
INSERT INTO t SELECT i, i * 7919 % 10007, printf('row %d of %d', i * 31 % 997, i) FROM n;
CREATE INDEX ta ON t(a);
SELECT a % 10, COUNT(*), SUM(id), MAX(b) FROM t GROUP BY a % 10 ORDER BY 1;
SELECT COUNT(*) FROM t x JOIN t y ON x.a = y.a + 1 WHERE x.id % 3 = 0;
SELECT b FROM t WHERE b LIKE '%99 of %77%' ORDER BY b LIMIT 20;
UPDATE t SET b = upper(b) WHERE a < 2000;
SELECT SUM(length(b)), COUNT(DISTINCT b) FROM t;
