-- kinds of which the reader opens nothing in a department: what they would tell is unknown, not nought
SELECT kind, department FROM coverage GROUP BY kind, department HAVING sum(opened) = 0 AND sum(existing) > 0
