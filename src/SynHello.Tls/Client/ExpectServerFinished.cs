using System.Security.Cryptography;

using SynHello.Wire;

namespace SynHello.Tls;

/// <summary>WAIT_FINISHED of RFC 8446 appendix A.1: the server's Finished, answered with the client's.</summary>
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
        Span<byte> clientSecret = stackalloc byte[keys.HashLength];
        Span<byte> serverSecret = stackalloc byte[keys.HashLength];
        context.Transcript.GetHash(hash);
        keys.EnterMaster();
        keys.DeriveSecret("c ap traffic"u8, hash, clientSecret);
        keys.DeriveSecret("s ap traffic"u8, hash, serverSecret);
        keys.DeriveExporter(hash);
        context.LogSecret("CLIENT_TRAFFIC_SECRET_0", clientSecret);
        context.LogSecret("SERVER_TRAFFIC_SECRET_0", serverSecret);
        context.LogSecret("EXPORTER_SECRET", keys.ExporterSecret);

        Span<byte> handshakeSecret = context.ClientHandshakeSecret.AsSpan(0, keys.HashLength);
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
            context.Records.ProtectWrites(keys, handshakeSecret);
        }

        if (context.Negotiated.ClientCertificateRequested)
        {
            // No certificate to show: an empty list says so (RFC 8446 section 4.4.2).
            int start = context.Flight.Length;
            Certificate.Write(context.Flight, context: [], chain: []);
            context.AppendFlight(start);
        }

        context.WriteFinished(handshakeSecret);
        context.FlushFlight();
        CryptographicOperations.ZeroMemory(context.ClientHandshakeSecret);

        context.Records.ProtectReads(keys, serverSecret);
        context.Records.ProtectWrites(keys, clientSecret);
        CryptographicOperations.ZeroMemory(clientSecret);
        CryptographicOperations.ZeroMemory(serverSecret);
        if (context.Configuration.TimeProvider is null)
        {
            keys.Leave();
        }
        else
        {
            context.Transcript.GetHash(hash);
            keys.EnterResumption(hash);
        }

        context.Session = null;
        context.ReadKeyChanged = true;
        context.ChangeCipherSpecAllowed = false;
        context.CompleteHandshake();
        return ExpectPostHandshake.Instance;
    }
}
