// An application's client: the output `connection` is all that it needs.
//
//   npm run -s pulumi -- stack output connection --json --show-secrets --stack dev | mvn -q -f examples/lettuce compile exec:java
//
// With -Dexec.args=SECONDS it goes on writing for so long, and says each pause that was longer than a tenth of one.

import com.google.gson.Gson;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.internal.HostAndPort;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.Delay;
import io.lettuce.core.resource.DnsResolver;
import io.lettuce.core.resource.MappingSocketAddressResolver;
import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;

public class Main {

    record Endpoint(String host, int port) {}

    /** Where the stack has the setting `tls`: whom to trust, and what to show if clients need a certificate. */
    record Tls(String ca, String cert, String key) {}

    /** `natMap`: announced address -> address from outside the Docker network. */
    record Connection(List<Endpoint> sentinels, String name, String username, String password,
            String sentinelUsername, String sentinelPassword, int connectTimeout, Tls tls, Map<String, Endpoint> natMap) {}

    public static void main(String[] args) throws InterruptedException {
        Connection c = new Gson().fromJson(new InputStreamReader(System.in, StandardCharsets.UTF_8), Connection.class);
        ClientResources resources = ClientResources.builder().socketAddressResolver(translating(c))
                .reconnectDelay(Delay.constant(Duration.ofMillis(100))).build();
        RedisClient client = RedisClient.create(resources, master(c));
        try {
            client.setOptions(ClientOptions.builder().sslOptions(ssl(c)).socketOptions(bounds(c)).build());
            RedisCommands<String, String> redis = client.connect().sync();
            redis.set("greeting", "hello from Lettuce");
            System.out.println(redis.get("greeting"));
            if (args.length > 0) {
                watch(redis, Double.parseDouble(args[0]));
            }
        } finally {
            client.shutdown();
            resources.shutdown();
        }
    }

    /** The Sentinels to ask for the master, now and after each failover. */
    static RedisURI master(Connection c) {
        RedisURI.Builder master = RedisURI.builder().withSentinelMasterId(c.name)
                .withAuthentication(c.username, c.password).withSsl(c.tls != null);
        for (Endpoint sentinel : c.sentinels) {
            master.withSentinel(RedisURI.Builder.redis(sentinel.host, sentinel.port)
                    .withAuthentication(c.sentinelUsername, c.sentinelPassword).withSsl(c.tls != null).build());
        }
        return master.build();
    }

    /** Reaches a member where it is reached from here. */
    static MappingSocketAddressResolver translating(Connection c) {
        return MappingSocketAddressResolver.create(DnsResolver.unresolved(), announced -> {
            Endpoint outside = c.natMap == null ? null : c.natMap.get(announced.toString());
            return outside == null ? announced : HostAndPort.of(outside.host, outside.port);
        });
    }

    /** The address of a node that is gone does not answer; the library's own bound is 10 s. */
    static SocketOptions bounds(Connection c) {
        return SocketOptions.builder().connectTimeout(Duration.ofMillis(c.connectTimeout)).build();
    }

    static void watch(RedisCommands<String, String> redis, double seconds) throws InterruptedException {
        long began = System.nanoTime(), last = began;
        while (System.nanoTime() - began < seconds * 1e9) {
            redis.set("greeting", "hello again");
            long pause = (System.nanoTime() - last) / 1_000_000;
            if (pause > 100) {
                System.out.println("pause of " + pause + " ms");
            }
            last = System.nanoTime();
            Thread.sleep(20);
        }
    }

    static SslOptions ssl(Connection c) {
        SslOptions.Builder options = SslOptions.builder();
        if (c.tls != null) {
            options.jdkSslProvider().trustManager(pem(c.tls.ca));
            if (c.tls.cert != null) {
                options.keyManager(pem(c.tls.cert), pem(c.tls.key), null);
            }
        }
        return options.build();
    }

    static SslOptions.Resource pem(String text) {
        return () -> new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
