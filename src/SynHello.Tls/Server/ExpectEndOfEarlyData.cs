using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_EOED of RFC 8446 appendix A.2. Application data comes in front of it, and is early data.</summary>
internal sealed class ExpectEndOfEarlyData : HandshakeState<ServerContext>
{
    public static readonly ExpectEndOfEarlyData Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        if (!message.Expect(HandshakeType.EndOfEarlyData).IsEmpty)
            throw new TlsProtocolException(TlsErrorCause.TrailingBytes, "EndOfEarlyData is not empty.");
        KeySchedule keys = context.RequireKeys();
        context.Records.ProtectReads(keys, context.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
        context.ReadKeyChanged = true;
        context.Records.ReadSizeLimit = context.ReadSizeLimit;
        context.EarlyDataAllowance = -1;
        return ExpectClientFinished.Instance;
    }
}
