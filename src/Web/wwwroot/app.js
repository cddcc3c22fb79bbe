// Theme and time zone are known before the first paint, so nothing flashes and no figure is cut by the wrong day.
(function () {
  const stored = () => { try { return localStorage.getItem('finops.theme'); } catch { return null; } };
  const system = window.matchMedia('(prefers-color-scheme: dark)');
  const isDark = () => { const t = stored(); return t === 'dark' || (t !== 'light' && system.matches); };
  const apply = () => { document.documentElement.dataset.theme = isDark() ? 'dark' : 'light'; };
  apply();
  let listener = null;
  let before = null;
  let shown = null;
  const organisations = new BroadcastChannel('finops.organisation');
  system.addEventListener('change', () => { apply(); if (listener) listener.invokeMethodAsync('ThemeChanged', isDark()); });
  window.finops = {
    reader: () => ({ zone: Intl.DateTimeFormat().resolvedOptions().timeZone, dark: isDark(), narrow: window.innerWidth <= 480 }),
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
    // A tab in the background is told: it asks for nothing until it is looked at again.
    watchHidden: (reference) => {
      const tell = () => reference.invokeMethodAsync('HiddenChanged', document.hidden).catch(() => { /* not connected: nothing is asked then, either */ });
      document.addEventListener('visibilitychange', tell);
      if (document.hidden) tell();
    },
    // Into something that lies over the page, and back to where the reader was.
    enter: (id) => { before = document.activeElement; document.getElementById(id)?.focus(); },
    leave: () => { before?.focus(); before = null; },
    reveal: (id) => { document.getElementById(id)?.scrollIntoView({ block: 'nearest', inline: 'center' }); },
    // One browser has one session: a tab that still shows another organisation than the newest one loads anew.
    showing: (organisation) => {
      if (shown === null) organisations.onmessage = (e) => { if (e.data !== shown) location.replace('/'); };
      shown = organisation;
      organisations.postMessage(organisation);
    },
    recall: (name) => { try { return localStorage.getItem('finops.' + name); } catch { return null; } },
    remember: (name, value) => { try { localStorage.setItem('finops.' + name, value); } catch { /* private mode: the choice lasts for this page */ } },
  };

  // In the palette the arrows choose a match, the text's caret stays where it is; Tab does not lead behind it.
  document.addEventListener('keydown', (e) => {
    if (e.target.id === 'palette-input' && ['ArrowUp', 'ArrowDown', 'Tab'].includes(e.key)) e.preventDefault();
    if (e.key !== 'Escape') return;
    closeMenus(null);
    // Pressed before the palette's text had the focus, which the server gives it.
    if (e.target.id !== 'palette-input') document.querySelector('.palette')?.parentElement.click();
  });

  // An open menu closes when something else is clicked.
  const closeMenus = (except) => { for (const menu of document.querySelectorAll('details.menu[open]')) if (menu !== except) menu.open = false; };
  document.addEventListener('click', (e) => closeMenus(e.target.closest?.('details.menu')));

  // Columns as wide as the reader dragged them: style rules, so that a table drawn anew has them at once.
  const widths = (() => { try { return JSON.parse(localStorage.getItem('finops.widths')) ?? {}; } catch { return {}; } })();
  const rules = document.createElement('style');
  const applyWidths = () => {
    rules.textContent = Object.entries(widths).map(([column, width]) => {
      const [table, name] = column.split('/').map(CSS.escape);
      return `table[data-table="${table}"] [data-column="${name}"] { box-sizing: border-box; width: ${+width}px; min-width: ${+width}px; max-width: ${+width}px; overflow: hidden; text-overflow: ellipsis; }`;
    }).join('\n');
  };
  document.head.append(rules);
  applyWidths();
  const keepWidths = () => { applyWidths(); window.finops.remember('widths', JSON.stringify(widths)); };
  const columnOf = (grip) => `${grip.closest('table').dataset.table}/${grip.closest('th').dataset.column}`;
  document.addEventListener('pointerdown', (e) => {
    const grip = e.target.closest?.('.grip');
    if (!grip) return;
    e.preventDefault();
    const start = grip.closest('th').offsetWidth - e.clientX;
    const move = (to) => { widths[columnOf(grip)] = Math.max(48, Math.round(start + to.clientX)); applyWidths(); };
    grip.setPointerCapture(e.pointerId);
    grip.addEventListener('pointermove', move);
    grip.addEventListener('pointerup', () => { grip.removeEventListener('pointermove', move); keepWidths(); }, { once: true });
  });
  document.addEventListener('dblclick', (e) => {
    const grip = e.target.closest?.('.grip');
    if (grip) { delete widths[columnOf(grip)]; keepWidths(); }
  });
})();
