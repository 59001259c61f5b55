using System.Reflection;

namespace SynHello.OnTheWire.Tests;

/// <summary>The program as its users run it.</summary>
internal static class CommandLine
{
    /// <summary>Its assembly.</summary>
    public static string Program
    {
        get
        {
            string program = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>()
                .Single(attribute => attribute.Key == "CommandLine").Value!;
            Assert.True(File.Exists(program), $"{program} is not built.");
            return program;
        }
    }

    public static Task<ProgramRun> RunAsync(params string[] arguments) =>
        ProgramRun.RunAsync("dotnet", [Program, .. arguments]);
}
