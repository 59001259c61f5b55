using System.Security.Cryptography;

namespace SynHello.Tls;

/// <summary>WAIT_FINISHED of RFC 8446 appendix A.2.</summary>
internal sealed class ExpectClientFinished : HandshakeState<ServerContext>
{
    public static readonly ExpectClientFinished Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        context.CheckFinished(message);
        KeySchedule keys = context.RequireKeys();
        context.Records.ProtectReads(keys, context.ClientApplicationSecret.AsSpan(0, keys.HashLength));
        CryptographicOperations.ZeroMemory(context.ClientApplicationSecret);
        context.ReadKeyChanged = true;
        context.ChangeCipherSpecAllowed = false;
        context.CompleteHandshake();
        return ExpectNothing.Instance;
    }
}
