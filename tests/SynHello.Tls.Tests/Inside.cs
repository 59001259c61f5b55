using System.Reflection;

using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Looks where no caller can: at what an engine keeps.</summary>
internal static class Inside
{
    public static ConnectionContext ContextOf(TlsEngine engine) => Field<ConnectionContext>(engine, "_context");

    public static RecordProtection? ReadProtectionOf(TlsEngine engine) =>
        Find(ContextOf(engine).Records, "_read") as RecordProtection;

    public static RecordProtection? WriteProtectionOf(TlsEngine engine) =>
        Find(ContextOf(engine).Records, "_write") as RecordProtection;

    /// <summary>The bytes that wait to become a handshake message.</summary>
    public static TlsWriter HandshakeBytesOf(TlsEngine engine) =>
        Field<TlsWriter>(Field<HandshakeBuffer>(engine, "_handshake"), "_bytes");

    public static void SetSequence(RecordProtection? protection, ulong sequence) =>
        FieldInfoOf(protection!, "_sequence").SetValue(protection, sequence);

    public static void Set(object owner, string name, object value) => FieldInfoOf(owner, name).SetValue(owner, value);

    public static T Value<T>(object owner, string name)
        where T : struct => (T)FieldInfoOf(owner, name).GetValue(owner)!;

    public static T Field<T>(object owner, string name)
        where T : class => Find(owner, name) as T ?? throw new InvalidOperationException($"{name} is empty.");

    private static object? Find(object owner, string name) => FieldInfoOf(owner, name).GetValue(owner);

    private static FieldInfo FieldInfoOf(object owner, string name)
    {
        for (Type? type = owner.GetType(); type is not null; type = type.BaseType)
        {
            if (type.GetField(name, BindingFlags.Instance | BindingFlags.NonPublic) is { } field)
                return field;
        }

        throw new InvalidOperationException($"{owner.GetType().Name} has no field {name}.");
    }
}
