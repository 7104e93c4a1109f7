SELECT item, weight FROM satisfaction_weight ORDER BY weight DESC, item
