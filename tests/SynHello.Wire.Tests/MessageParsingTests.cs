using FsCheck;
using FsCheck.Fluent;

namespace SynHello.Wire.Tests;

public sealed class MessageParsingTests
{
    public static TheoryData<string> Messages => [.. Samples.Bodies.Keys];

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_ParsesWhole(string message) => Samples.Parsers[message](Samples.Bodies[message]);

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_RefusesEveryTruncation(string message)
    {
        byte[] body = Samples.Bodies[message];
        for (int length = 0; length < body.Length; length++)
        {
            TlsErrorCause? cause = Refusal.Of(() => Samples.Parsers[message](body[..length]));
            if (length == LengthWithoutExtensions(message))
                Assert.Null(cause); // a hello from before extensions were invented
            else
                Assert.True(cause == TlsErrorCause.TruncatedMessage, $"{length} of {body.Length} bytes gave {cause}.");
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_RefusesTrailingBytes(string message)
    {
        Refusal.Expect(TlsErrorCause.TrailingBytes, () => Samples.Parsers[message]([.. Samples.Bodies[message], 0]));
        Refusal.Expect(
            TlsErrorCause.TrailingBytes, () => Samples.Parsers[message]([.. Samples.Bodies[message], 0, 0, 0, 0]));
    }

    /// <summary>Each extension of each message with a byte less or more, all lengths around it right.</summary>
    [Theory]
    [InlineData("ClientHello")]
    [InlineData("ServerHello")]
    [InlineData("HelloRetryRequest")]
    [InlineData("ServerHello of TLS 1.2")]
    [InlineData("EncryptedExtensions")]
    [InlineData("CertificateRequest")]
    [InlineData("NewSessionTicket")]
    public void Extension_RefusesAByteLessOrMore(string message)
    {
        foreach ((ushort type, byte[] data, Func<byte[], byte[]> replace) in ExtensionsOf(message))
        {
            if (type is 21 or 0x5a5a)
                continue; // any length is right
            Assert.True(
                Refusal.Of(() => Samples.Parsers[message](replace([.. data, 0]))) == TlsErrorCause.TrailingBytes,
                $"{new ExtensionType(type)} with a byte more");
            for (int length = 0; length < data.Length; length++)
            {
                TlsErrorCause? cause = Refusal.Of(() => Samples.Parsers[message](replace(data[..length])));
                Assert.True(
                    cause == TlsErrorCause.TruncatedMessage, $"{new ExtensionType(type)} cut to {length}: {cause}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_OfRandomBytes_IsRefusedOrRead(string message)
    {
        Action<byte[]> parse = Samples.Parsers[message];
        Prop.ForAll<byte[]>(bytes => IsReadOrRefused(() => parse(bytes)))
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(2_000));
    }

    /// <summary>Random bytes rarely come far; a valid message with a few octets changed does.</summary>
    [Theory]
    [MemberData(nameof(Messages))]
    public void Message_WithOctetsChanged_IsRefusedOrRead(string message)
    {
        Action<byte[]> parse = Samples.Parsers[message];
        byte[] body = Samples.Bodies[message];
        Gen<(int Position, byte Value)[]> edits = (
            from position in Gen.Choose(0, body.Length - 1)
            from value in Gen.Choose(0, 255)
            select (position, (byte)value)).ArrayOf(3);
        Prop.ForAll(edits.ToArbitrary(), changes =>
        {
            byte[] copy = [.. body];
            foreach ((int position, byte value) in changes)
                copy[position] = value;
            return IsReadOrRefused(() => parse(copy));
        }).Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(3_000));
    }

    private static bool IsReadOrRefused(Action parse)
    {
        Refusal.Of(parse); // anything but a TlsProtocolException comes through
        return true;
    }

    private static int LengthWithoutExtensions(string message) => message switch
    {
        "ClientHello" => ClientHelloBuilder.Typical().ToBodyWithoutExtensions().Length,
        "ServerHello" => 2 + 32 + 1 + 32 + 2 + 1,
        "ServerHello of TLS 1.2" => 2 + 32 + 1 + 32 + 2 + 1,
        "HelloRetryRequest" => 2 + 32 + 1 + 2 + 1,
        _ => -1,
    };

    private static IEnumerable<(ushort Type, byte[] Data, Func<byte[], byte[]> Replace)> ExtensionsOf(string message)
    {
        byte[] body = Samples.Bodies[message];
        int start = message switch
        {
            "EncryptedExtensions" => 0,
            "CertificateRequest" => 1 + 4,
            "NewSessionTicket" => 8 + 1 + 2 + 2 + 178,
            _ => LengthWithoutExtensions(message),
        };
        int position = start + 2;
        while (position < body.Length)
        {
            int at = position;
            ushort type = (ushort)((body[at] << 8) | body[at + 1]);
            int length = (body[at + 2] << 8) | body[at + 3];
            byte[] data = body[(at + 4)..(at + 4 + length)];
            yield return (type, data, other =>
            {
                byte[] block =
                [
                    .. body[(start + 2)..(at + 2)],
                    (byte)(other.Length >> 8), (byte)other.Length, .. other,
                    .. body[(at + 4 + length)..],
                ];
                return [.. body[..start], (byte)(block.Length >> 8), (byte)block.Length, .. block];
            }
            );
            position = at + 4 + length;
        }
    }
}
