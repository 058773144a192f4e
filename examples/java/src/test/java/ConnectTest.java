// Run with: npx nats-sandbox exec user-pass -- mvn test
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConnectTest {
  private static Connection connect(String password) throws Exception {
    Options options = Options.builder()
        .server(System.getenv("NATS_URL"))
        .userInfo(System.getenv("NATS_USER"), password)
        .maxReconnects(0)
        .build();
    return Nats.connect(options);
  }

  @Test
  void getsInWithThePassword() throws Exception {
    try (Connection nc = connect(System.getenv("NATS_PASSWORD"))) {
      var subscription = nc.subscribe("hello");
      nc.publish("hello", "world".getBytes(StandardCharsets.UTF_8));
      var message = subscription.nextMessage(Duration.ofSeconds(5));
      assertEquals("world", new String(message.getData(), StandardCharsets.UTF_8));
    }
  }

  @Test
  void isTurnedAwayWithAnotherOne() {
    assertThrows(AuthenticationException.class, () -> connect("wrong"));
  }
}
