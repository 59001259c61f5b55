using System.Security.Cryptography.X509Certificates;

using Microsoft.Extensions.Diagnostics.HealthChecks;

using SynHello.Sockets;
using SynHello.Tls;

namespace SynHello.AspNetCore;

/// <summary>See <see cref="SynHelloHealthChecksBuilderExtensions"/>.</summary>
internal sealed class SecureListenerHealthCheck(SecureListeners? listeners, TimeProvider timeProvider) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var status = HealthStatus.Healthy;
        var problems = new List<string>();
        var data = new Dictionary<string, object>();
        foreach (SecureListeners.Entry entry in listeners?.All ?? [])
        {
            string address = $"https://{entry.Listener.EndPoint}";
            FastOpenMode current = entry.Listener.Listener.CurrentFastOpen;
            data[address] = entry.Listener.IsListening ? $"listening, Fast Open {current}" : "not listening";
            if (!entry.Listener.IsListening)
                Report(context.Registration.FailureStatus, $"{address} takes no connections");
            else if (entry.Listener.Listener.FastOpenLimitation is { } limitation)
                Report(HealthStatus.Degraded, $"{address} cannot do Fast Open as it was asked to: {limitation}");
            else if (current != entry.EndPoint.Options.FastOpen)
                Report(HealthStatus.Degraded, $"{address} has stepped down to Fast Open {current} under load");
            foreach (TlsCredential credential in entry.EndPoint.Credentials())
            {
                if (HasExpired(credential, out string subject))
                    Report(context.Registration.FailureStatus, $"{address} shows a certificate that has expired: {subject}");
            }
        }

        if (data.Count == 0)
            Report(context.Registration.FailureStatus, "there is no endpoint");
        string? description = problems.Count > 0 ? string.Join("; ", problems) : null;
        return Task.FromResult(new HealthCheckResult(status, description, data: data));

        void Report(HealthStatus severity, string problem)
        {
            status = (HealthStatus)Math.Min((int)status, (int)severity);
            problems.Add(problem);
        }
    }

    private bool HasExpired(TlsCredential credential, out string subject)
    {
        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(credential.CertificateChain[0].Span);
        subject = certificate.Subject;
        return timeProvider.GetUtcNow().UtcDateTime > certificate.NotAfter.ToUniversalTime();
    }
}
