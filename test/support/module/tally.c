/*
 * A small module for the tests: a type of its own, commands, a directive, a category of commands. It declares the few
 * functions of the servers' module interface that it uses, so that it takes a compiler and no header.
 *
 *   tally.add KEY NUMBER    adds to a tally
 *   tally.get KEY           its sum, and how many numbers were added
 */
typedef struct Ctx Ctx;
typedef struct String String;
typedef struct Key Key;
typedef struct Type Type;
typedef struct IO IO;

static int (*GetApi)(const char *name, void *pointer);
static void (*SetModuleAttribs)(Ctx *, const char *name, int version, int interface);
static int (*CreateCommand)(Ctx *, const char *, int (*)(Ctx *, String **, int), const char *, int, int, int);
static Type *(*CreateDataType)(Ctx *, const char *name, int version, void *methods);
static Key *(*OpenKey)(Ctx *, String *, int mode);
static int (*KeyType)(Key *);
static Type *(*ModuleTypeGetType)(Key *);
static void *(*ModuleTypeGetValue)(Key *);
static int (*ModuleTypeSetValue)(Key *, Type *, void *);
static int (*StringToLongLong)(String *, long long *);
static int (*ReplyWithLongLong)(Ctx *, long long);
static int (*ReplyWithArray)(Ctx *, long);
static int (*ReplyWithError)(Ctx *, const char *);
static int (*WrongArity)(Ctx *);
static int (*ReplicateVerbatim)(Ctx *);
static void (*AutoMemory)(Ctx *);
static void *(*Calloc)(unsigned long, unsigned long);
static void (*Free)(void *);
static void (*SaveSigned)(IO *, long long);
static long long (*LoadSigned)(IO *);
static void (*EmitAOF)(IO *, const char *command, const char *format, ...);
static int (*RegisterNumericConfig)(Ctx *, const char *, long long, unsigned, long long, long long,
                                    long long (*)(const char *, void *),
                                    int (*)(const char *, long long, void *, String **), void *, void *);
static int (*LoadConfigs)(Ctx *);
/* Not on every server: Redis 7.0 knows only its own categories. */
static int (*AddACLCategory)(Ctx *, const char *);
static void *(*GetCommand)(Ctx *, const char *);
static int (*SetCommandACLCategories)(void *, const char *);

enum { READ = 1, WRITE = 2, EMPTY = 0 };

typedef struct {
    long long sum, count;
} Tally;

static Type *tallyType;
/* The largest number that is taken: the directive `tally.limit`. */
static long long limit;

static int add(Ctx *ctx, String **argv, int argc) {
    long long number;
    AutoMemory(ctx);
    if (argc != 3) return WrongArity(ctx);
    if (StringToLongLong(argv[2], &number) || number > limit) return ReplyWithError(ctx, "ERR not a number within the limit");
    Key *key = OpenKey(ctx, argv[1], READ | WRITE);
    if (KeyType(key) == EMPTY)
        ModuleTypeSetValue(key, tallyType, Calloc(1, sizeof(Tally)));
    else if (ModuleTypeGetType(key) != tallyType)
        return ReplyWithError(ctx, "WRONGTYPE not a tally");
    Tally *tally = ModuleTypeGetValue(key);
    tally->sum += number;
    tally->count++;
    ReplicateVerbatim(ctx);
    return ReplyWithLongLong(ctx, tally->sum);
}

static int get(Ctx *ctx, String **argv, int argc) {
    Tally none = {0, 0}, *tally = &none;
    AutoMemory(ctx);
    if (argc != 2) return WrongArity(ctx);
    Key *key = OpenKey(ctx, argv[1], READ);
    if (KeyType(key) != EMPTY) {
        if (ModuleTypeGetType(key) != tallyType) return ReplyWithError(ctx, "WRONGTYPE not a tally");
        tally = ModuleTypeGetValue(key);
    }
    ReplyWithArray(ctx, 2);
    ReplyWithLongLong(ctx, tally->sum);
    return ReplyWithLongLong(ctx, tally->count);
}

static void save(IO *io, void *value) {
    SaveSigned(io, ((Tally *)value)->sum);
    SaveSigned(io, ((Tally *)value)->count);
}

static void *load(IO *io, int version) {
    Tally *tally = Calloc(1, sizeof(Tally));
    (void)version;
    tally->sum = LoadSigned(io);
    tally->count = LoadSigned(io);
    return tally;
}

/* The numbers themselves are gone: what is added up at once, and then nothings, come to the same. */
static void rewrite(IO *io, String *key, void *value) {
    Tally *tally = value;
    EmitAOF(io, "tally.add", "sl", key, tally->sum);
    for (long long i = 1; i < tally->count; i++) EmitAOF(io, "tally.add", "sl", key, 0LL);
}

static long long getLimit(const char *name, void *unused) { return limit; }

static int setLimit(const char *name, long long value, void *unused, String **error) {
    limit = value;
    return 0;
}

int RedisModule_OnLoad(Ctx *ctx, String **argv, int argc) {
    struct {
        unsigned long version;
        void *(*load)(IO *, int);
        void (*save)(IO *, void *);
        void (*rewrite)(IO *, String *, void *);
        void *memory, *digest;
        void (*free)(void *);
    } methods = {1, load, save, rewrite, 0, 0, 0};

    GetApi = ((void **)ctx)[0];
#define NEED(name, variable) \
    if (GetApi("RedisModule_" name, &variable)) return 1
    NEED("SetModuleAttribs", SetModuleAttribs);
    NEED("CreateCommand", CreateCommand);
    NEED("CreateDataType", CreateDataType);
    NEED("OpenKey", OpenKey);
    NEED("KeyType", KeyType);
    NEED("ModuleTypeGetType", ModuleTypeGetType);
    NEED("ModuleTypeGetValue", ModuleTypeGetValue);
    NEED("ModuleTypeSetValue", ModuleTypeSetValue);
    NEED("StringToLongLong", StringToLongLong);
    NEED("ReplyWithLongLong", ReplyWithLongLong);
    NEED("ReplyWithArray", ReplyWithArray);
    NEED("ReplyWithError", ReplyWithError);
    NEED("WrongArity", WrongArity);
    NEED("ReplicateVerbatim", ReplicateVerbatim);
    NEED("AutoMemory", AutoMemory);
    NEED("Calloc", Calloc);
    NEED("Free", Free);
    NEED("SaveSigned", SaveSigned);
    NEED("LoadSigned", LoadSigned);
    NEED("EmitAOF", EmitAOF);
    NEED("RegisterNumericConfig", RegisterNumericConfig);
    NEED("LoadConfigs", LoadConfigs);
    methods.free = Free;
    SetModuleAttribs(ctx, "tally", 1, 1);
    if ((tallyType = CreateDataType(ctx, "rod-tally", 0, &methods)) == 0 ||
        CreateCommand(ctx, "tally.add", add, "write deny-oom", 1, 1, 1) ||
        CreateCommand(ctx, "tally.get", get, "readonly", 1, 1, 1) ||
        RegisterNumericConfig(ctx, "limit", 1000000, 0, 1, 1000000, getLimit, setLimit, 0, 0) || LoadConfigs(ctx))
        return 1;
    if (!GetApi("RedisModule_AddACLCategory", &AddACLCategory)) {
        /* One of those that the settings know. */
        NEED("GetCommand", GetCommand);
        NEED("SetCommandACLCategories", SetCommandACLCategories);
        if (AddACLCategory(ctx, "json") || SetCommandACLCategories(GetCommand(ctx, "tally.add"), "json write") ||
            SetCommandACLCategories(GetCommand(ctx, "tally.get"), "json read"))
            return 1;
    }
    return 0;
}
