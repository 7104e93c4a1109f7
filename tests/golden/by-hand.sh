# Any record with git and age alone: the steps of docs/formats.md one after the other, for the golden ledger's test.
# LEDGER: the copy; MEMBER and IDENTITY: who opens, with which secret key; RECORD: the path on main.
set -eu
cd "$LEDGER"
KEYRING=$(git for-each-ref --format='%(refname)' refs/heads/keyring refs/remotes/origin/keyring | head -n 1)

# Which dossier and compartment the record lies in, from its path.
case $RECORD in
customers/*/core/*) DOSSIER=$(echo "$RECORD" | cut -d/ -f1-3) COMPARTMENT=core ;;
customers/*) DOSSIER=$(echo "$RECORD" | cut -d/ -f1-3) COMPARTMENT=$(echo "$RECORD" | cut -d/ -f4-5) ;;
offices/*) DOSSIER=$(echo "$RECORD" | cut -d/ -f1-2) COMPARTMENT=$(echo "$RECORD" | cut -d/ -f3) ;;
esac
WRAPS=$(echo "$DOSSIER" | sed 's,^customers/,dossiers/,')

# wrapped FILE NAME: the newest key NAME in a file of the keyring, still sealed. A line is: name, generation, base64.
wrapped() { git show "$KEYRING:$1" 2>/dev/null | awk -v n="$2" '$1 == n && $2 >= g { g = $2; k = $3 } END { print k }' | base64 -d; }

# The compartment's key: wrapped to the member, or to a group whose key is wrapped to the member.
wrapped "$WRAPS/$MEMBER" "$COMPARTMENT" | age -d -i "$IDENTITY" -o compartment.key 2>/dev/null || {
  for GROUP in $(git ls-tree --name-only "$KEYRING:$WRAPS" | grep -F .); do
    wrapped "groups/$GROUP/$MEMBER" group | age -d -i "$IDENTITY" -o group.key 2>/dev/null || continue
    wrapped "$WRAPS/$GROUP" "$COMPARTMENT" | age -d -i group.key -o compartment.key 2>/dev/null && break
  done
  rm -f group.key
}

# The record itself. Attachments lie beside it and open the same way.
MAIN=$(git for-each-ref --format='%(refname)' refs/heads/main refs/remotes/origin/main | head -n 1)
git show "$MAIN:$RECORD" | age -d -i compartment.key
rm -f compartment.key
