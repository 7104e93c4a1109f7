SELECT "on", id, "by", reason FROM destroyed WHERE "on" BETWEEN :from AND :to ORDER BY "on" DESC, id
