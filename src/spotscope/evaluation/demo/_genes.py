"""The genes of the demo: real symbols, grouped by the cells that are known for them."""

from __future__ import annotations

__all__ = ["GENES", "MARKERS", "PROGRAMMES"]

#: Genes that one type is known for.
MARKERS = {
    "B cell": (
        "MS4A1 CD79A CD79B CD19 BANK1 PAX5 CD22 FCRL1 FCRLA BLK VPREB3 CR2 TCL1A "
        "TNFRSF13C IGHM IGHD SPIB POU2AF1 LINC00926 FCER2"
    ),
    "Endothelial": (
        "PECAM1 VWF CDH5 KDR CLDN5 EMCN PLVAP ENG ROBO4 ESAM EGFL7 RAMP2 TIE1 ERG CD34 "
        "ECSCR SOX17 AQP1 CLEC14A PODXL"
    ),
    "Epithelial": (
        "MUC2 TFF3 FCGBP ZG16 CLCA1 SPINK4 AGR2 CA1 CA2 SLC26A3 KRT20 GUCA2A AQP8 CEACAM7 "
        "PHGR1 FABP1 MUC12 SELENBP1 PIGR ATOH1"
    ),
    "Fibroblast": (
        "COL1A1 COL1A2 COL3A1 DCN LUM PDGFRA FBLN1 FAP THY1 COL6A3 POSTN MFAP4 C1S C1R "
        "SFRP2 CCDC80 PCOLCE COL5A1 MMP2 PDPN"
    ),
    "Macrophage": (
        "CD68 CD163 C1QA C1QB C1QC CSF1R MRC1 MSR1 LYZ AIF1 FCGR3A MS4A7 MARCO VSIG4 "
        "FCER1G CD14 TYROBP SPI1 APOE APOC1"
    ),
    "Smooth muscle": (
        "ACTA2 MYH11 DES CNN1 TAGLN ACTG2 SYNM LMOD1 SMTN PLN CASQ2 KCNMB1 SYNPO2 HHIP "
        "MYLK ITGA8 CSRP1 TPM2 PDLIM3 RGS5"
    ),
    "T cell": (
        "CD3D CD3E CD3G CD2 TRAC TRBC1 CD8A CD8B CD4 IL7R LCK CD5 GZMK CCL5 NKG7 CD6 "
        "THEMIS BCL11B CD247 ITK"
    ),
    "Tumour": (
        "ERBB2 CEACAM6 CEACAM5 MYC LGR5 ASCL2 AXIN2 RNF43 NKD1 CLDN2 MMP7 SOX9 REG1A "
        "S100P CDH17 LCN2 CXCL1 TNFRSF21 PLAU SLC12A2"
    ),
}

#: Genes that several types share, each with how strongly.
PROGRAMMES = {
    "EPCAM KRT8 KRT18 KRT19 CDH1 CLDN3 CLDN4 CLDN7 ELF3 TSPAN8 LGALS4 TACSTD2 MAL2 SPINT2 ESRP1": {
        "Epithelial": 1.0,
        "Tumour": 1.1,
    },
    "PTPRC CORO1A LAPTM5 CD37 CD53 CD52 ARHGDIB RAC2 CYBA IL2RG CXCR4 LSP1 SRGN TRAF3IP3": {
        "B cell": 1.0,
        "T cell": 1.0,
        "Macrophage": 0.7,
    },
    "HLA-DRA HLA-DRB1 HLA-DPA1 HLA-DPB1 CD74 HLA-DQA1 HLA-DMA CIITA": {
        "B cell": 0.9,
        "Macrophage": 1.2,
        "Endothelial": 0.12,
    },
    "SPARC COL4A1 COL4A2 IGFBP7 BGN FN1 COL6A1 COL6A2 TIMP3 CALD1 VIM IGFBP4 LAMB1 NID1": {
        "Fibroblast": 1.0,
        "Smooth muscle": 0.6,
        "Endothelial": 0.7,
    },
    "MYL9 TPM1 FLNA ACTN1 TLN1 VCL CAV1 TGFB1I1 CRYAB": {"Smooth muscle": 1.0, "Fibroblast": 0.3},
    "MKI67 TOP2A CCNB1 BIRC5 PCNA TYMS CDK1 UBE2C CENPF TUBB STMN1 HMGB2": {
        "Tumour": 1.0,
        "B cell": 0.25,
        "Epithelial": 0.08,
    },
    "CD40 CCR7 SELL LTB TNFRSF4 CD27 CD69": {"B cell": 0.5, "T cell": 0.8},
    "CTSB CTSD LGMN GRN PSAP FTL": {"Macrophage": 1.0, "Tumour": 0.3, "Fibroblast": 0.2},
}

#: Genes of every cell.
_EVERYWHERE = (
    "ACTB ACTG1 GAPDH B2M MALAT1 NEAT1 TMSB4X TMSB10 EEF1A1 EEF2 TPT1 FTH1 UBC UBB PPIA PFN1 CFL1 "
    "MYL6 HSP90AB1 HSPA8 HNRNPA1 NPM1 NACA BTF3 FAU UBA52 EIF1 EIF4A1 EIF3E SERF2 OAZ1 COX4I1 "
    "COX6A1 COX7C ATP5F1B NDUFA4 UQCRB SOD1 PRDX1 PRDX5 ENO1 LDHA LDHB PGK1 TPI1 ALDOA PKM CALM1 "
    "CALM2 H3-3A H3-3B HMGB1 HMGN1 RAN RACK1 PABPC1 SRSF3 DDX5 YBX1 SUMO2 CST3 S100A6 S100A11 "
    "ANXA2 LGALS1 JUN FOS EGR1 DUSP1 KLF6 ZFP36 IER2 MT2A TXN GSTP1"
)
_RIBOSOME = [f"RPL{i}" for i in (3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18, 19, 21, 23, 24)]
_RIBOSOME += [f"RPL{i}" for i in (26, 27, 28, 29, 30, 31, 32, 34, 35, 37, 38, 39, 41)]
_RIBOSOME += [f"RPS{i}" for i in (2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 18, 19, 20, 21, 23)]
_RIBOSOME += [f"RPS{i}" for i in (24, 25, 27, 28, 29)]
_MITOCHONDRIA = [f"MT-{kind}{i}" for kind, n in (("ND", 6), ("CO", 3)) for i in range(1, n + 1)]
_MITOCHONDRIA += ["MT-ATP6", "MT-ATP8", "MT-CYB"]

#: All symbols, sorted.
GENES = tuple(
    sorted(
        {gene for group in (*MARKERS.values(), *PROGRAMMES) for gene in group.split()}
        | set(_EVERYWHERE.split())
        | set(_RIBOSOME)
        | set(_MITOCHONDRIA)
    )
)
