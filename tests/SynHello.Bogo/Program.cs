using SynHello.Bogo;

return Shim.Run(args);
