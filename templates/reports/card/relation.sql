SELECT department, owner, state, since FROM assignment WHERE dossier = :customer ORDER BY department
