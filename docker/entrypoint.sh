# The entry point of the image: nats-sandbox with the arguments of `docker run`. It is the first process of the container,
# whose duty it is to wait for processes that lost their parent. Node does not do that; a shell that waits does.

# What a CI system runs its scripts with; nats-sandbox has no commands of these names.
case "${1-}" in
  sh | bash | /*) exec "$@" ;;
esac

child=
signal=
pass_on() {
  signal=$1
  [ -z "$child" ] || kill -s "$signal" "$child" 2>/dev/null
}
for name in HUP INT QUIT TERM; do
  # shellcheck disable=SC2064 # the name as it is now
  trap "pass_on $name" "$name"
done

# In the background, for a shell looks at signals only between commands and while it waits. There it would have no standard
# input, but for a copy of ours.
exec 3<&0
nats-sandbox "$@" <&3 3<&- &
child=$!
exec 3<&-
[ -z "$signal" ] || pass_on "$signal" # it came before there was a child

# A signal ends the waiting too; what it was passed on to ends by itself.
wait "$child"
status=$?
while [ -n "$signal" ]; do
  signal=
  wait "$child"
  again=$?
  [ "$again" = 127 ] || status=$again # 127: it had ended, and the status above is its own
done
exit "$status"
