using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace SynHello.AspNetCore;

/// <summary>
/// The section that Kestrel reads its endpoints from, and the one that speaks of SynHello alone. Filled in once, when Kestrel's options are made.
/// </summary>
internal sealed class KestrelSection(IConfiguration root, IHostEnvironment environment)
{
    private const string Https = "https://";

    /// <summary>What paths of files are relative to.</summary>
    public string ContentRoot => environment.ContentRootPath;

    /// <summary>"SynHello".</summary>
    public IConfiguration Common { get; } = root.GetSection("SynHello");

    /// <summary>"Kestrel", or what the application has Kestrel read instead.</summary>
    public IConfiguration Configuration { get; set; } = root.GetSection("Kestrel");

    /// <summary>What Kestrel's own TLS would be set to; null before that is known.</summary>
    public HttpsConnectionAdapterOptions? HttpsDefaults { get; set; }

    /// <summary>Whether Kestrel reads it too: its EndpointDefaults are among <see cref="HttpsDefaults"/> then.</summary>
    public bool IsReadByKestrel { get; set; }

    /// <summary>The endpoints that are to be secure.</summary>
    public IEnumerable<IConfigurationSection> EndPoints => Configuration.GetSection("Endpoints").GetChildren().Where(IsSecure);

    public IConfigurationSection? Find(string? name) => EndPoints.FirstOrDefault(
        endPoint => string.Equals(endPoint.Key, name, StringComparison.OrdinalIgnoreCase));

    public static bool IsSecure(IConfigurationSection endPoint) =>
        endPoint["Url"]?.Trim().StartsWith(Https, StringComparison.OrdinalIgnoreCase) == true;
}
