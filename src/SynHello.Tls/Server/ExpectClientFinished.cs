using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_FINISHED of RFC 8446 appendix A.2.</summary>
internal sealed class ExpectClientFinished : HandshakeState<ServerContext>
{
    public static readonly ExpectClientFinished Instance = new();

    public override HandshakeState<ServerContext> Handle(ServerContext context, in HandshakeMessage message)
    {
        KeySchedule keys = context.RequireKeys();
        if (context.AsksForCertificate)
            ServerTickets.ExpectFinished(context);
        ConnectionContext.CheckFinished(message, context.ClientFinished.AsSpan(0, keys.HashLength));
        context.Records.ProtectReads(keys, context.ClientApplicationSecret.AsSpan(0, keys.HashLength));
        CryptographicOperations.ZeroMemory(context.ClientApplicationSecret);
        CryptographicOperations.ZeroMemory(context.ClientHandshakeSecret);
        context.ReadKeyChanged = true;
        context.ChangeCipherSpecAllowed = false;
        if (context.AsksForCertificate)
        {
            ServerFlight.TakePending(context, out ClientHello hello);
            ServerTickets.Write(context, hello);
        }

        context.CompleteHandshake();
        return ExpectNothing.Instance;
    }
}
