using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_FINISHED of RFC 8446 appendix A.1: the server's Finished, answered with the client's.</summary>
internal sealed class ExpectServerFinished : HandshakeState<ClientContext>
{
    public static readonly ExpectServerFinished Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        context.CheckFinished(message);
        KeySchedule keys = context.RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        Span<byte> clientSecret = stackalloc byte[keys.HashLength];
        Span<byte> serverSecret = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        keys.EnterMaster();
        keys.DeriveSecret("c ap traffic"u8, hash, clientSecret);
        keys.DeriveSecret("s ap traffic"u8, hash, serverSecret);
        keys.LeaveMaster(hash);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", clientSecret);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", serverSecret);
        context.LogSecret("EXPORTER_SECRET", keys.ExporterSecret);

        if (context.Negotiated.ClientCertificateRequested)
        {
            // No certificate to show: an empty list says so (RFC 8446 section 4.4.2).
            int start = context.Flight.Length;
            Certificate.Write(context.Flight, context: [], chain: []);
            context.AppendFlight(start);
        }

        context.WriteFinished(context.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
        context.FlushFlight();
        CryptographicOperations.ZeroMemory(context.ClientHandshakeSecret);

        context.Records.ProtectReads(keys, serverSecret);
        context.Records.ProtectWrites(keys, clientSecret);
        CryptographicOperations.ZeroMemory(clientSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
        context.ReadKeyChanged = true;
        context.ChangeCipherSpecAllowed = false;
        context.CompleteHandshake();
        return ExpectPostHandshake.Instance;
    }
}
