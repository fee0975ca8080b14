// Layers and `# tier:` comments of Python source.
export {};
