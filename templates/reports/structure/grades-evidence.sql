SELECT department, grade, 'grade' AS record_kind, id AS record, 1 AS customers FROM graded
