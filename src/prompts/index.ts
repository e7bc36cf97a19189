export * from './template.js';
export * from './untrusted-text.js';
