// Theme and time zone are known before the first paint, so nothing flashes and no figure is cut by the wrong day.
(function () {
  const stored = () => { try { return localStorage.getItem('finops.theme'); } catch { return null; } };
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => { const t = stored(); return t === 'dark' || (t !== 'light' && system.matches); };
  const apply = () => { document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'; };
  apply();
  let listener = null;
  system.addEventListener('change', () => { apply(); if (listener) listener.invokeMethodAsync('ThemeChanged', isDark()); });
  window.finops = {
    reader: () => ({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, dark: isDark() }),
    watchTheme: (reference) => { listener = reference; },
    setTheme: (dark) => { try { localStorage.setItem('finops.theme', dark ? 'dark' : 'light'); } catch { /* private mode: the choice lasts for this page */ document.documentElement.dataset.theme = dark ? 'dark' : 'light'; return; } apply(); },
    copy: async (text) => { await navigator.clipboard.writeText(text); },
    download: (name, text, type) => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([text], { type }));
      link.download = name;
      link.click();
      URL.revokeObjectURL(link.href);
    },
    watchPalette: (reference) => {
      document.addEventListener('keydown', (e) => {
        if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === 'k') { e.preventDefault(); reference.invokeMethodAsync('OpenPalette'); }
      });
    },
    focus: (id) => { document.getElementById(id)?.focus(); },
  };
})();
