using System.Reflection;
using System.Security.Cryptography;

using SynHello.Testing;
using SynHello.Wire;

namespace SynHello.Tls.Tests;

/// <summary>Binders that do not fit, of every length, and how they are compared.</summary>
public sealed class BinderTests
{
    private readonly ResumptionSetup _setup = new();

    /// <summary>
    /// CVE-2026-1584: a wrong binder of a ticket's key led a server, which had no other pre-shared keys, to a null pointer. A ticket that is
    /// right, and a binder that is not, by one bit or by its length: the handshake ends, and nothing else.
    /// </summary>
    [Theory]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(48)]
    [InlineData(64)]
    [InlineData(255)]
    [Refuses(TlsErrorCause.BadBinder)]
    public void Binder_ThatDoesNotMatch_EndsTheHandshake(int length)
    {
        TlsSession session = _setup.Visit()[0];
        for (int octet = 0; octet < length; octet += 5)
        {
            byte[] binder = new byte[length];
            binder[octet] = 1;
            using var client = new HostileClient(_setup.Server());
            client.SendHello(WithTicket(client, session, binder));
            client.AssertRefused(TlsErrorCause.BadBinder, isProtected: false);
            Assert.False(client.Victim.Engine.Negotiated.IsResumed);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [Refuses(TlsErrorCause.VectorLengthOutOfRange)]
    public void Binder_ThatIsTooShort_IsRefusedByItsLength(int length)
    {
        TlsSession session = _setup.Visit()[0];
        using var client = new HostileClient(_setup.Server());
        client.SendHello(WithTicket(client, session, new byte[length]));
        client.AssertRefused(TlsErrorCause.VectorLengthOutOfRange, isProtected: false);
    }

    /// <summary>A right binder with one octet changed, each in its turn: all of it is compared.</summary>
    [Fact]
    [Refuses(TlsErrorCause.BadBinder)]
    public void Binder_IsComparedToItsLastOctet()
    {
        TlsSession session = _setup.Visit()[0];
        for (int fromEnd = 1; fromEnd <= 32; fromEnd++)
        {
            int position = fromEnd;
            using EnginePair pair = _setup.Pair();
            pair.TamperClient = bytes =>
            {
                bytes[^position] ^= 1;
                return bytes;
            };
            pair.Handshake(new TlsClientStart { Session = session });
            Assert.Equal(TlsErrorCause.BadBinder, pair.Server.Failure?.Cause);
        }
    }

    /// <summary>
    /// CVE-2025-11932: the binder was compared octet by octet until one differed, and the time told how many had fitted. A clock cannot hold
    /// this in a test, so the code is looked at: what is secret is compared by <see cref="CryptographicOperations.FixedTimeEquals"/>, and by
    /// nothing that stops early.
    /// </summary>
    [Theory]
    [InlineData(typeof(SessionChoice), "CheckBinder")]
    [InlineData(typeof(ConnectionContext), nameof(ConnectionContext.CheckFinished))]
    [InlineData(typeof(HelloRetryCookie), nameof(HelloRetryCookie.Open))]
    [InlineData(typeof(ExpectSecondClientHello), nameof(ExpectSecondClientHello.Handle))]
    public void Secrets_AreComparedInConstantTime(Type type, string name)
    {
        MethodInfo method = type.GetMethod(
            name, BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)!;
        string[] called = [.. CallsOf(method).Select(call => call.Name)];
        Assert.Contains(nameof(CryptographicOperations.FixedTimeEquals), called);
        Assert.DoesNotContain(nameof(MemoryExtensions.SequenceEqual), called);
        Assert.DoesNotContain(nameof(MemoryExtensions.SequenceCompareTo), called);
    }

    /// <summary>What a method calls: the operands of its call and callvirt instructions, and of bytes that look like one.</summary>
    private static IEnumerable<MethodBase> CallsOf(MethodInfo method)
    {
        const byte Call = 0x28, CallVirtual = 0x6f;
        byte[] code = method.GetMethodBody()!.GetILAsByteArray()!;
        for (int i = 0; i + 4 < code.Length; i++)
        {
            if (code[i] is not (Call or CallVirtual))
                continue;
            int token = BitConverter.ToInt32(code, i + 1);
            MethodBase? called = null;
            try
            {
                called = method.Module.ResolveMethod(token);
            }
            catch (ArgumentException)
            {
                // A byte of an operand.
            }

            if (called is not null)
                yield return called;
        }
    }

    private static HelloParts WithTicket(HostileClient client, TlsSession session, byte[] binder) => client.Hello()
        .With(0, [0, 14, 0, 0, 11, .. "example.com"u8])
        .With(45, 1, 1)
        .With(
            41,
            [
                .. Octets.Vector16([.. Octets.Vector16(session.Ticket.ToArray()), 0, 0, 0, 0]),
                .. Octets.Vector16(Octets.Vector8(binder)),
            ]);
}
