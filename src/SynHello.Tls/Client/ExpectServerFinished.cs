using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_FINISHED of RFC 8446 appendix A.1: the server's Finished, answered with the client's last flight.</summary>
internal sealed class ExpectServerFinished : HandshakeState<ClientContext>
{
    public static readonly ExpectServerFinished Instance = new();

    public override HandshakeState<ClientContext> Handle(ClientContext context, in HandshakeMessage message)
    {
        KeySchedule keys = context.RequireKeys();
        Span<byte> hash = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        Span<byte> expected = stackalloc byte[keys.HashLength];
        keys.ComputeFinished(context.Records.ReadSecret, hash, expected);
        ConnectionContext.CheckFinished(message, expected);
        context.Transcript.Append(message.Encoded);
        Span<byte> serverSecret = stackalloc byte[keys.HashLength];
        Span<byte> clientSecret = context.ClientApplicationSecret.AsSpan(0, keys.HashLength);
        context.Transcript.GetHash(hash);
        keys.EnterMaster();
        keys.DeriveSecret("c ap traffic"u8, hash, clientSecret);
        keys.DeriveSecret("s ap traffic"u8, hash, serverSecret);
        keys.DeriveExporter(hash);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", clientSecret);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", serverSecret);
        context.LogSecret("EXPORTER_SECRET", keys.ExporterSecret);
        context.Records.ProtectReads(keys, serverSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
        context.ReadKeyChanged = true;
        context.ChangeCipherSpecAllowed = false;

        if (context.OffersEarlyData)
        {
            // The last message under the keys of early data (RFC 8446 section 4.5).
            int start = context.Flight.Length;
            using (context.Flight.Message(HandshakeType.EndOfEarlyData))
            {
                // Empty.
            }

            context.AppendFlight(start);
            context.FlushFlight();
            context.Records.ProtectWrites(keys, context.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
        }

        return context.CertificateRequest is { } request ? ClientCredential.Show(context, request) : Complete(context);
    }

    /// <summary>Makes the end of the client's last flight.</summary>
    public static HandshakeState<ClientContext> Complete(ClientContext context)
    {
        KeySchedule keys = context.RequireKeys();
        context.WriteFinished(context.ClientHandshakeSecret.AsSpan(0, keys.HashLength));
        context.FlushFlight();
        CryptographicOperations.ZeroMemory(context.ClientHandshakeSecret);
        context.Records.ProtectWrites(keys, context.ClientApplicationSecret.AsSpan(0, keys.HashLength));
        CryptographicOperations.ZeroMemory(context.ClientApplicationSecret);
        if (context.Configuration.TimeProvider is null)
        {
            keys.Leave();
        }
        else
        {
            Span<byte> hash = stackalloc byte[keys.HashLength];
            context.Transcript.GetHash(hash);
            keys.EnterResumption(hash);
        }

        context.Session = null;
        context.CompleteHandshake();
        return ExpectPostHandshake.Instance;
    }
}
