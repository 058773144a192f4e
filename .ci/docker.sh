# A Docker engine for the tests: the one that answers, or one that is started here and stopped by stop_docker.
# Sourced by run; needs $tmp.

docker_pid=

docker_answers() { node .ci/docker-things.mjs >/dev/null 2>&1; }

# Sets DOCKER_HOST where it starts one. Fails where none answers and none can be started.
start_docker() {
  docker_answers && return 0
  if ! command -v dockerd >/dev/null; then
    { command -v apt-get && [ "$(id -u)" = 0 ]; } >/dev/null || return 1
    apt-get update -qq || true
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends docker.io iptables >"$tmp/apt-docker.log" 2>&1 || return 1
    # Its package may start a service, where there is an init: that one will do.
    docker_answers && return 0
  fi
  [ "$(id -u)" = 0 ] || return 1
  export DOCKER_HOST=unix://$tmp/docker.sock
  dockerd -H "$DOCKER_HOST" --data-root "$tmp/docker" --exec-root "$tmp/docker-run" --pidfile "$tmp/docker.pid" \
    >"$tmp/dockerd.log" 2>&1 </dev/null &
  docker_pid=$!
  for _ in $(seq 100); do
    docker_answers && return 0
    kill -0 "$docker_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 20 "$tmp/dockerd.log"
  return 1
}

stop_docker() {
  [ -n "$docker_pid" ] || return 0
  kill -TERM "$docker_pid" 2>/dev/null || true
  wait "$docker_pid" 2>/dev/null || true
  umount "$tmp"/docker-run/netns/* 2>/dev/null || true # its own, which it leaves mounted
  docker_pid=
}
