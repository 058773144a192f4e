# What `npm run test:clients` needs beside Node, Go, Python, Java and Rust, as far as it can be installed here. Sourced by run;
# needs $tmp. Says what is missing; then those tests are skipped, and say so.

prepare_clients() {
  if { command -v apt-get && [ "$(id -u)" = 0 ]; } >/dev/null; then
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      libnats-dev gcc chromium >"$tmp/apt-clients.log" 2>&1 || tail -n 5 "$tmp/apt-clients.log"
  fi
  GOBIN=$tmp/bin go install github.com/nektos/act@latest || true
  local missing=
  for program in go python3 java mvn cargo cc act chromium; do
    command -v "$program" >/dev/null || missing="$missing $program"
  done
  [ -z "$missing" ] || { echo "not here:$missing"; return 1; }
}
