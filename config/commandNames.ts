/**
 * Commands that every server knows which can be deployed, Redis 7.0 and newer, and Valkey. One that a server does not
 * know would keep it from starting, since it stands in a user's line.
 *
 * Lower-case, a subcommand as `client|list`. A test compares them with real servers'.
 */
export const commandNames: ReadonlySet<string> = new Set([
  ..."acl append asking auth bgrewriteaof bgsave bitcount bitfield bitfield_ro bitop bitpos blmove".split(" "),
  ..."blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin client cluster command config copy dbsize".split(" "),
  ..."debug decr decrby del discard dump echo eval eval_ro evalsha evalsha_ro exec exists expire".split(" "),
  ..."expireat expiretime failover fcall fcall_ro flushall flushdb function geoadd geodist geohash".split(" "),
  ..."geopos georadius georadius_ro georadiusbymember georadiusbymember_ro geosearch geosearchstore".split(" "),
  ..."get getbit getdel getex getrange getset hdel hello hexists hget hgetall hincrby hincrbyfloat".split(" "),
  ..."hkeys hlen hmget hmset hrandfield hscan hset hsetnx hstrlen hvals incr incrby incrbyfloat info".split(" "),
  ..."keys lastsave latency lcs lindex linsert llen lmove lmpop lolwut lpop lpos lpush lpushx lrange".split(" "),
  ..."lrem lset ltrim memory mget migrate module monitor move mset msetnx multi object persist pexpire".split(" "),
  ..."pexpireat pexpiretime pfadd pfcount pfdebug pfmerge pfselftest ping psetex psubscribe psync pttl".split(" "),
  ..."publish pubsub punsubscribe quit randomkey readonly readwrite rename renamenx replconf replicaof".split(" "),
  ..."reset restore restore-asking role rpop rpoplpush rpush rpushx sadd save scan scard script sdiff".split(" "),
  ..."sdiffstore select set setbit setex setnx setrange shutdown sinter sintercard sinterstore".split(" "),
  ..."sismember slaveof slowlog smembers smismember smove sort sort_ro spop spublish srandmember srem".split(" "),
  ..."sscan ssubscribe strlen subscribe substr sunion sunionstore sunsubscribe swapdb sync time touch".split(" "),
  ..."ttl type unlink unsubscribe unwatch wait watch xack xadd xautoclaim xclaim xdel xgroup xinfo".split(" "),
  ..."xlen xpending xrange xread xreadgroup xrevrange xsetid xtrim zadd zcard zcount zdiff zdiffstore".split(" "),
  ..."zincrby zinter zintercard zinterstore zlexcount zmpop zmscore zpopmax zpopmin zrandmember zrange".split(" "),
  ..."zrangebylex zrangebyscore zrangestore zrank zrem zremrangebylex zremrangebyrank zremrangebyscore".split(" "),
  ..."zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore zunion zunionstore".split(" "),
  ..."cat deluser dryrun genpass getuser help list load log save setuser".split(" ").map((name) => `acl|${name}`),
  ..."users whoami".split(" ").map((name) => `acl|${name}`),
  ..."caching getname getredir help id info kill list no-evict pause reply".split(" ").map((name) => `client|${name}`),
  ..."setname tracking trackinginfo unblock unpause".split(" ").map((name) => `client|${name}`),
  ..."addslots addslotsrange bumpepoch count-failure-reports countkeysinslot"
    .split(" ")
    .map((name) => `cluster|${name}`),
  ..."delslots delslotsrange failover flushslots forget getkeysinslot help".split(" ").map((name) => `cluster|${name}`),
  ..."info keyslot links meet myid nodes replicas replicate reset saveconfig"
    .split(" ")
    .map((name) => `cluster|${name}`),
  ..."set-config-epoch setslot shards slaves slots".split(" ").map((name) => `cluster|${name}`),
  ..."count docs getkeys getkeysandflags help info list".split(" ").map((name) => `command|${name}`),
  ..."get help resetstat rewrite set".split(" ").map((name) => `config|${name}`),
  ..."delete dump flush help kill list load restore stats".split(" ").map((name) => `function|${name}`),
  ..."doctor graph help histogram history latest reset".split(" ").map((name) => `latency|${name}`),
  ..."doctor help malloc-stats purge stats usage".split(" ").map((name) => `memory|${name}`),
  ..."help list load loadex unload".split(" ").map((name) => `module|${name}`),
  ..."encoding freq help idletime refcount".split(" ").map((name) => `object|${name}`),
  ..."channels help numpat numsub shardchannels shardnumsub".split(" ").map((name) => `pubsub|${name}`),
  ..."debug exists flush help kill load".split(" ").map((name) => `script|${name}`),
  ..."get help len reset".split(" ").map((name) => `slowlog|${name}`),
  ..."create createconsumer delconsumer destroy help setid".split(" ").map((name) => `xgroup|${name}`),
  ..."consumers groups help stream".split(" ").map((name) => `xinfo|${name}`),
]);
