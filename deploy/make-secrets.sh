#!/bin/sh
# Makes the secrets that compose.yaml mounts, in deploy/secrets. What is there already is left alone.
set -eu
cd "$(dirname "$0")"
# The folder is for its owner alone. A container sees a file with the mode that it has here, and runs as another user.
mkdir -p -m 700 secrets
make() { [ -s "secrets/$1" ] || { cat >"secrets/$1.new" && chmod 644 "secrets/$1.new" && mv "secrets/$1.new" "secrets/$1"; }; }
openssl rand -hex 24 | make database-password
# Its network has nobody else in it, so nothing is encrypted.
printf 'postgres://platform:%s@database:5432/fleet?sslmode=disable\n' "$(cat secrets/database-password)" | make database
openssl rand -base64 32 | make platform-key
openssl rand -base64 18 | make admin-password
echo "The first administrator is admin, with the password in $(pwd)/secrets/admin-password."
echo "Keep a copy of $(pwd)/secrets/platform-key apart from the backups of the database."
