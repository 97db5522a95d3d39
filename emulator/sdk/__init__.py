"""What the installed SDK says about OCI's APIs, read from its sources without importing its clients."""
