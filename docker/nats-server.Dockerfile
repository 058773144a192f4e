# A nats-server binary of this machine as an image: nothing in it but that, and what it is linked with.
# nats-sandbox builds it by itself where no registry can be reached; by hand, in a folder with the binary in rootfs/:
#   docker build -f nats-server.Dockerfile -t nats:local .
FROM scratch
COPY rootfs/ /
EXPOSE 4222 6222 8222
ENTRYPOINT ["/nats-server"]
